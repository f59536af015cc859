/** Below this the optimizer of V8 has hardly begun when a text is opened; far above it, it pays. */
const CHARS_MIN = 48 * 1024
const CHARS_MAX = 4 * 1024 * 1024

/** The lines of Node where this was measured and helps; 22 then refuses the code that was kept, and later ones are not known. */
const lines = new Set(["20", "24", "26"])

/** How many times longer a text is when its values are sealed; that takes as long as to open it. */
const SEALED_LENGTH = 4

let isOurs = false

/** How more of the program is loaded while it runs. */
export interface Loading {
  /** Does the work in a moment when V8 takes the code that was kept. Set here; absent, it always does. */
  around?: <T>(work: () => T) => T
}

/** The process is this program's alone: as a library nobody changes what others run with. */
export function takeProcess(loading: Loading = {}): void {
  const [line = ""] = process.versions.node.split(".")
  isOurs =
    process.versions["bun"] === undefined &&
    lines.has(line) &&
    !process.execArgv.some((word) => /opt|turbofan/.test(word))
  if (isOurs) loading.around = optimizable
}

/**
 * Runs work over a text without the optimizer of V8, which in a run of less than a second takes up to half of the
 * processor time for code that is used no more. Nothing else changes.
 *
 * V8 takes the flag while it runs, and code that it has kept as before.
 *
 * @param chars - length of the sealed text
 */
export function unoptimized<T>(chars: number, work: () => T): T {
  told?.(chars)
  if (chars < CHARS_MIN || chars > CHARS_MAX) return work()
  hold()
  try {
    return work()
  } finally {
    release()
  }
}

/** The same for work over a plain text: to read it, to seal it. */
export function unoptimizedPlain<T>(text: string, work: () => T): T {
  return unoptimized(text.length * SEALED_LENGTH, work)
}

/**
 * The same for work over many texts: the optimizer waits until they are together as long as one for which it pays.
 *
 * @param work - tells the length of each text
 */
export async function unoptimizedAtFirst<T>(work: (took: (chars: number) => void) => Promise<T>): Promise<T> {
  let all = 0
  let isHeld = false
  try {
    return await work((chars) => {
      all += chars
      const isWanted = all >= CHARS_MIN && all <= CHARS_MAX
      if (isWanted === isHeld) return
      isHeld = isWanted
      if (isHeld) hold()
      else release()
    })
  } finally {
    if (isHeld) release()
  }
}

/** The same for work of which every text is told to `unoptimized` or `unoptimizedPlain`. */
export async function unoptimizedFiles<T>(work: () => Promise<T>): Promise<T> {
  return unoptimizedAtFirst(async (took) => {
    told = took
    try {
      return await work()
    } finally {
      told = null
    }
  })
}

let told: ((chars: number) => void) | null = null

/** Pieces of work during which the optimizer waits; some contain others. */
let holds = 0

function hold(): void {
  holds++
  if (holds === 1) setFlag("--no-opt")
}

function release(): void {
  holds--
  if (holds === 0) setFlag("--opt")
}

/** V8 takes kept code only under the flags that it was made with. */
function optimizable<T>(work: () => T): T {
  if (holds === 0) return work()
  setFlag("--opt")
  try {
    return work()
  } finally {
    setFlag("--no-opt")
  }
}

function setFlag(flag: string): void {
  if (isOurs) process.getBuiltinModule("node:v8").setFlagsFromString(flag)
}
