import type * as Fs from "node:fs"
import type * as Vm from "node:vm"
import { type CodeCache } from "./code-cache.ts"

export interface ChunkMachine {
  readonly fs: typeof Fs
  readonly vm: typeof Vm
  /** Loads what is no chunk: a module of Node. */
  readonly require: (id: string) => unknown
}

export interface Chunks {
  /** Holds the chunks, whose text is ASCII. */
  readonly folder: string
  /** Names of those that are loaded when something of them is first used. */
  readonly late: readonly string[]
  readonly cache: CodeCache | null
}

type Load = (id: string) => unknown
type Body = (exports: object, require: Load, module: object, filename: string, folder: string) => void

/**
 * Loads chunks of dist/ for each other, each once. Node's own `require` would do; it spends a millisecond on finding
 * out where they are and what they are, cannot be given code that was compiled before, and cannot wait.
 *
 * @returns `require` for a file of that folder, named `./` and its name
 */
export function chunkLoader({ fs, vm, require: requireModule }: ChunkMachine, { folder, late, cache }: Chunks): Load {
  const loaded = new Map<string, { exports: object }>()

  function load(id: string): unknown {
    // A command that opens nothing does without the 3 ms that this module takes.
    if (id === "node:crypto") return whenUsed(() => requireModule(id))
    if (!id.startsWith("./")) return requireModule(id)
    const name = id.slice(2)
    return late.includes(name) ? whenUsed(() => loadNow(name)) : loadNow(name)
  }

  function loadNow(name: string): object {
    const known = loaded.get(name)
    if (known !== undefined) return known.exports
    const filename = `${folder}/${name}`
    const cachedData = cache?.find(name)
    const text = fs.readFileSync(filename, "latin1")
    const script = new vm.Script(`(function(exports,require,module,__filename,__dirname){${text}\n})`, {
      filename,
      ...(cachedData !== undefined && { cachedData }),
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
    if (cachedData === undefined || script.cachedDataRejected === true) cache?.keepAtEnd(name, script)
    const module = { exports: {} }
    loaded.set(name, module)
    const body = script.runInThisContext() as Body
    body(module.exports, load, module, filename, folder)
    return module.exports
  }

  return load
}

/** Modules of ours have no effects, and chunks use each other by `chunk.name`: the first such use is early enough. */
function whenUsed(load: () => unknown): object {
  let loaded: object | null = null
  return new Proxy(
    {},
    {
      get(_, name): unknown {
        loaded ??= load() as object
        return Reflect.get(loaded, name)
      },
    },
  )
}
