import { type ChildProcess } from "node:child_process"
import { type Writable } from "node:stream"
import { flag } from "./file-system.ts"
import { closeQuietly } from "./files.ts"
import { type Io } from "./io.ts"

/**
 * Tells whether a signal came from the terminal. A terminal signals every process of the foreground group, so the
 * child has it already, and a second one would make many programs give up at once; a signal from `kill` reaches us
 * alone and must be passed on. Node does not say who sent a signal, so a process that does nothing is in our
 * group: what came from the terminal has ended it too.
 */
export interface Witness {
  /** Resolves with true when the others of our group got the signal as well. */
  sawSignal(): Promise<boolean>
  dismiss(): void
}

type WitnessHost = Pick<Io, "fs" | "processes" | "platform" | "sleep">

const waitMsMax = 300
const lookMs = 5

/** @returns `null` when no terminal controls this process: then every signal was meant for us */
export function callWitness(io: WitnessHost): Witness | null {
  if (!hasTerminal(io)) return null
  let current = start(io)
  if (current === null) return null
  return {
    async sawSignal() {
      const asked = current
      if (asked === null) return false
      for (let waited = 0; waited < waitMsMax && !hasEnded(asked); waited += lookMs) await io.sleep(lookMs)
      if (!hasEnded(asked)) return false
      if (asked === current) current = start(io)
      return true
    },
    dismiss() {
      current?.kill("SIGKILL")
      current = null
    },
  }
}

/** `cat` without input: it waits for the end of a pipe that only we hold, so it cannot outlive us. */
function start({ fs, processes }: WitnessHost): ChildProcess | null {
  const program = ["/bin/cat", "/usr/bin/cat"].find((path) => isExecutable(fs, path))
  if (program === undefined) return null
  try {
    const child = processes.spawn(program, [], { stdio: ["pipe", "ignore", "ignore"], env: {}, cwd: "/" })
    child.on("error", () => {})
    child.stdin?.on("error", () => {})
    child.unref()
    const pipe: (Writable & { unref?: () => void }) | null = child.stdin
    pipe?.unref?.()
    return child
  } catch {
    return null
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function isExecutable(fs: Io["fs"], path: string): boolean {
  try {
    fs.access(path, flag.X_OK)
    return true
  } catch {
    return false
  }
}

function hasTerminal({ fs, platform }: WitnessHost): boolean {
  if (platform === "win32") return false
  try {
    closeQuietly(fs, fs.open("/dev/tty", flag.O_RDWR | flag.O_NOCTTY))
    return true
  } catch {
    return false
  }
}
