import childProcess from "node:child_process"
import { syncBuiltinESMExports } from "node:module"

/**
 * Counts the programs that are started while some work is done, by whatever part of the program or of its packages. What
 * a test counts has to be at the one place that all of them go through.
 */
export async function whileCounting<T>(started: (program: string) => void, work: () => Promise<T>): Promise<T> {
  const { spawn, spawnSync } = childProcess
  const counted = <F extends (program: string) => unknown>(original: F): F =>
    new Proxy(original, {
      apply(target, self, args: Parameters<F>): unknown {
        started(args[0])
        return Reflect.apply(target, self, args)
      },
    })
  Object.assign(childProcess, { spawn: counted(spawn), spawnSync: counted(spawnSync) })
  syncBuiltinESMExports()
  try {
    return await work()
  } finally {
    Object.assign(childProcess, { spawn, spawnSync })
    syncBuiltinESMExports()
  }
}
