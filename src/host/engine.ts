/** Below this the optimizer of V8 has hardly begun when a text is opened. */
const CHARS_MIN = 48 * 1024

/** Above this more of what is made lives on than a small young generation can hold, and it is copied again and again. */
const YOUNG_CHARS_MAX = 8 * 1024 * 1024

/** Far above it pays. Lines with a second, quicker one (Maglev), which stays, can do without for longer. */
const CHARS_MAX = 4 * 1024 * 1024

/**
 * Of the line without: up to here the optimizer takes more time than it gives, and up to the second it takes another
 * processor's time, if there is one.
 */
const aloneMax = 640 * 1024
const sharedMax = 2 * 1024 * 1024

/** After how much work that line looks at a function again; and over many files, which take a little of all code. */
const usualBudget = 67_584
const patientBudget = 300_000

/** The lines of Node where this was measured and helps; 22 then refuses the code that was kept, and later ones are not known. */
const lines = new Set(["20", "24", "26"])

/** How many times longer a text is when its values are sealed; that takes as long as to open it. */
const SEALED_LENGTH = 4

let isOurs = false

/** How more of the program is loaded while it runs. */
export interface Loading {
  /** Does the work in a moment when V8 takes the code that was kept. Set here; absent, it always does. */
  around?: <T>(work: () => T) => T
  /** The single binary's: called once, before work over a long text. */
  readonly whenLong?: () => void
}

let hasMaglev = true
let charsMax: number | null = null

interface Bun {
  readonly unsafe?: { setJITPolicy?(policy: number): void }
}

/** The single binary, until its compilers were told to hurry. */
let patientBun: Bun | null = null
let whenLong: (() => void) | undefined

/** The process is this program's alone: as a library nobody changes what others run with. */
export function takeProcess(loading: Loading = {}): void {
  patientBun = (globalThis as { Bun?: Bun }).Bun ?? null
  whenLong = loading.whenLong
  if (patientBun !== null) return
  const [line = ""] = process.versions.node.split(".")
  hasMaglev = line !== "20"
  isOurs = lines.has(line) && !process.execArgv.some((word) => /opt|turbofan|budget|semi.space/.test(word))
  if (isOurs) loading.around = optimizable
}

/**
 * The compilers of the single binary wait, since most runs are over before they pay (`scripts/binary.mjs`). Over long
 * texts they pay, if they have a processor of their own; the threshold of the engine itself is 1.
 */
function hurry(chars: number): void {
  if (patientBun === null || chars <= aloneMax) return
  if (hasProcessors()) patientBun.unsafe?.setJITPolicy?.(1)
  patientBun = null
  whenLong?.()
}

/**
 * Runs work over a text as suits a run of less than a second: without the optimizer of V8, which takes up to half of
 * the processor time for code that is used no more, and with a young generation that stays as small as it is at the
 * start. That one is collected more often, in memory that the processor's caches hold; one that grows touches new
 * memory for most of what it takes.
 *
 * V8 takes both flags while it runs, and code that it has kept as before.
 *
 * @param chars - length of the sealed text
 */
export function tuned<T>(chars: number, work: () => T): T {
  told?.(chars)
  hurry(chars)
  if (!isOurs || chars < CHARS_MIN) return work()
  const before = manner
  take({
    optimizer: isMiddling(chars) ? "waits" : before.optimizer,
    young: chars <= YOUNG_CHARS_MAX ? "stays small" : before.young,
  })
  try {
    return work()
  } finally {
    take(before)
  }
}

function isMiddling(chars: number): boolean {
  // Few texts are longer than that, and to ask how many processors there are takes as long as a hundred values.
  return chars >= CHARS_MIN && (chars <= aloneMax || chars <= (charsMax ??= longest()))
}

function longest(): number {
  if (hasMaglev) return CHARS_MAX
  return hasProcessors() ? aloneMax : sharedMax
}

function hasProcessors(): boolean {
  return process.getBuiltinModule("node:os").availableParallelism() > 1
}

/** The same for work over a plain text: to read it, to seal it. */
export function tunedPlain<T>(text: string, work: () => T): T {
  return tuned(text.length * SEALED_LENGTH, work)
}

/**
 * The same for work over many texts: the optimizer waits until they are together as long as one for which it pays, and
 * as long the young generation stays small.
 *
 * @param work - tells the length of each text
 */
export async function tunedAtFirst<T>(work: (took: (chars: number) => void) => Promise<T>): Promise<T> {
  const before = manner
  let all = 0
  try {
    return await work((chars) => {
      all += chars
      hurry(all)
      if (all < CHARS_MIN) return
      const isFew = isMiddling(all)
      take({ optimizer: isFew ? "waits" : "is patient", young: isFew ? "stays small" : before.young })
    })
  } finally {
    take(before)
  }
}

/** The same for work of which every text is told to `tuned` or `tunedPlain`. */
export async function tunedFiles<T>(work: () => Promise<T>): Promise<T> {
  return tunedAtFirst(async (took) => {
    told = took
    try {
      return await work()
    } finally {
      told = null
    }
  })
}

let told: ((chars: number) => void) | null = null

interface Manner {
  readonly optimizer: "works" | "waits" | "is patient"
  readonly young: "grows" | "stays small"
}

const usual: Manner = { optimizer: "works", young: "grows" }

/** How V8 works now. */
let manner = usual

function take(wanted: Manner): void {
  if (!isOurs) return
  const before = manner
  manner = wanted
  if (wanted.young !== before.young) setFlag(`--semi-space-growth-factor=${wanted.young === "grows" ? 2 : 1}`)
  const [now, then] = [wanted.optimizer, before.optimizer]
  if (now === then) return
  setFlag(now === "waits" ? "--no-opt" : "--opt")
  if (hasMaglev || (now !== "is patient" && then !== "is patient")) return
  setFlag(`--interrupt-budget=${now === "is patient" ? patientBudget : usualBudget}`)
}

/** V8 takes kept code only under the flags that it was made with. */
function optimizable<T>(work: () => T): T {
  const before = manner
  take(usual)
  try {
    return work()
  } finally {
    take(before)
  }
}

function setFlag(flag: string): void {
  process.getBuiltinModule("node:v8").setFlagsFromString(flag)
}
