import { type ChildProcess, type SpawnOptions } from "node:child_process"

/** Every call of the project that starts, signals or asks about a process, so that tests can count them. */
export interface Processes {
  readonly pid: number
  /** The user that file accesses are judged by; `null` where users have no numbers (Windows). */
  readonly uid: number | null
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess
  /** @returns false when there is no such process, or it is not ours */
  signal(pid: number, signal: NodeJS.Signals): boolean
  /** A process with that number runs here, whoever owns it. */
  isAlive(pid: number): boolean
  signalNumber(signal: NodeJS.Signals): number
  /** All signals that this system knows. */
  signalNames(): NodeJS.Signals[]
  /**
   * Turns this process into another user for good: supplementary groups, group, then user. `spawn({uid})` would drop
   * the supplementary groups, so this is done before a child is started.
   *
   * @returns `null` when no user has that name
   * @throws the failed call's error when this process may not do that
   */
  become(user: string): UserFacts | null
  /**
   * Lets a program take the place of this process. `null` where Node cannot do that (before 22.15, and on Windows).
   *
   * @throws the failed call's error
   */
  readonly replace: ((program: string, args: readonly string[], env: NodeJS.ProcessEnv) => void) | null
}

export interface UserFacts {
  readonly name: string
  readonly home: string
  readonly uid: number
  readonly gid: number
}

export function realProcesses(): Processes {
  return {
    pid: process.pid,
    get uid() {
      return process.geteuid?.() ?? null
    },
    spawn: (program, args, options) => process.getBuiltinModule("node:child_process").spawn(program, args, options),
    signal(pid, signal) {
      try {
        return process.kill(pid, signal)
      } catch {
        return false
      }
    },
    isAlive(pid) {
      try {
        return process.kill(pid, 0)
      } catch (error) {
        return error instanceof Error && "code" in error && error.code === "EPERM"
      }
    },
    signalNumber: (signal) => process.getBuiltinModule("node:os").constants.signals[signal],
    signalNames: () => Object.keys(process.getBuiltinModule("node:os").constants.signals) as NodeJS.Signals[],
    become,
    replace: replacement(),
  }
}

/** Missing in the types of Node 20. */
type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never

function replacement(): Processes["replace"] {
  const { execve, platform }: NodeJS.Process & { execve?: Execve } = process
  if (execve === undefined || platform === "win32") return null
  return (program, args, env) => {
    // It is marked as experimental, and a warning would be on the program's standard error.
    process.emitWarning = () => {}
    // A runtime ignores these for itself, and what is ignored stays so in the program; what is caught does not.
    for (const signal of ["SIGPIPE", "SIGXFSZ"] as const) process.on(signal, () => {})
    execve.call(process, program, [program, ...args], env)
  }
}

/** Missing in the types of Node 20. */
type InitGroups = (user: string, extraGroup: number) => void

function become(name: string): UserFacts | null {
  const { setgid, setuid, seteuid, geteuid, initgroups }: NodeJS.Process & { initgroups?: InitGroups } = process
  if (!setgid || !setuid || !seteuid || !geteuid || !initgroups) throw new Error("this system has no user numbers")
  const before = geteuid()
  // The user database is asked by the system itself (it need not be a file): as that user, for a moment.
  try {
    seteuid(name)
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_UNKNOWN_CREDENTIAL") return null
    throw error
  }
  const { gid, uid, homedir } = process.getBuiltinModule("node:os").userInfo()
  seteuid(before)
  initgroups(name, gid)
  setgid(gid)
  setuid(uid)
  return { name, home: homedir, uid, gid }
}

/** What this machine calls itself; `""` when it does not know. */
export function nameOfMachine(): string {
  try {
    return process.getBuiltinModule("node:os").hostname()
  } catch {
    return ""
  }
}
