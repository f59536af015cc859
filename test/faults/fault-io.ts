import { type FileSystem } from "../../src/host/file-system.ts"
import { type Io } from "../../src/host/io.ts"

export interface Fault {
  /** The call that fails, counted from 1. */
  readonly at: number
  /** Such as `ENOSPC`. */
  readonly code: string
  /** `once`, or that call and all after it. */
  readonly lasts: "once" | "always"
  /** A failing write has taken half of its bytes first. */
  readonly writesHalf?: boolean
}

export interface FaultyIo {
  readonly io: Io
  /** Names of the calls that were made, in order. */
  readonly calls: readonly string[]
  /** The fault has come up: when it has not, the work has fewer calls than that. */
  readonly hasFailed: () => boolean
}

/**
 * The machine with a file system in which one call, or every call from one on, fails. `calls` of a run with no fault
 * tells how many there are; a test tries them all.
 *
 * @param before - runs before every call with its number, for tests that kill or signal the process there
 */
export function faultyIo(io: Io, fault: Fault | null, before: (number: number) => void = () => {}): FaultyIo {
  const calls: string[] = []
  let failed = false

  function failure(): Error | null {
    if (fault === null) return null
    const fails = fault.lasts === "once" ? calls.length === fault.at : calls.length >= fault.at
    if (!fails) return null
    failed = true
    return Object.assign(new Error(`fault: ${fault.code}`), { code: fault.code })
  }

  const fs = new Proxy(io.fs, {
    get(target, name: keyof FileSystem) {
      const call = (...args: unknown[]): unknown => {
        calls.push(name)
        before(calls.length)
        const error = failure()
        // A descriptor is gone even when its close reports an error.
        if (error === null || name === "close") {
          const result: unknown = Reflect.apply(target[name], target, args)
          if (error === null) return result
          throw error
        }
        if (name === "write" && fault?.writesHalf === true) writeHalf(target, args)
        if (name.endsWith("Later")) return Promise.reject(error)
        throw error
      }
      return call
    },
  })
  return { io: { ...io, fs }, calls, hasFailed: () => failed }
}

function writeHalf(fs: FileSystem, [fd, bytes, position]: unknown[]): void {
  if (typeof fd !== "number" || !(bytes instanceof Uint8Array)) return
  fs.write(fd, bytes.subarray(0, bytes.length >> 1), typeof position === "number" ? position : null)
}

/** All with SLOW=1 and in CI; else every third, so that the kinds of fault cover all of them together. */
const step = process.env["SLOW"] === "1" || (process.env["CI"] ?? "") !== "" ? 1 : 3

/** @param nth - of the kinds of fault that a list is tried with */
export function sample<T>(list: readonly T[], nth: number): T[] {
  return list.filter((_, at) => at % step === nth % step)
}

/** @returns the numbers of calls, from 1 on */
export function callsToFail(calls: number, nth: number): number[] {
  return sample(
    Array.from({ length: calls }, (_, index) => index + 1),
    nth,
  )
}
