/**
 * A clock for spans of time, which nobody sets. The runtime's `performance` would be one; but Node loads ten modules for
 * it when it is first named, half a millisecond of every start.
 *
 * @returns milliseconds since the start of the process
 */
export function monotonicMs(): number {
  return process.uptime() * 1000
}
