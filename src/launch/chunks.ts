/** A chunk as a function, as CommonJS has it. */
export type Body = (exports: object, require: Load, module: object, filename: string, folder: string) => void
export type Load = (id: string) => unknown

/** Modules of the runtime that take 2 to 3 ms. Not every command seals or starts something. */
const lateModules: ReadonlySet<string> = new Set(["node:crypto", "node:child_process"])

export interface Chunks {
  /** Holds the chunks. */
  readonly folder: string
  /** Names of those that are loaded when something of them is first used. */
  readonly late: readonly string[]
  /** @param name - of a chunk in the folder */
  readonly body: (name: string) => Body
  /** Loads what is not a chunk: a module of the runtime. */
  readonly require: Load
}

/**
 * Loads chunks of dist/ for each other, each once. A runtime's own `require` would do; but it spends a millisecond on
 * finding out where they are and what they are, and cannot wait.
 *
 * @returns `require` for a file of that folder, named `./` and its name
 */
export function chunkLoader({ folder, late, body, require: requireModule }: Chunks): Load {
  const loaded = new Map<string, { exports: object }>()

  function load(id: string): unknown {
    if (lateModules.has(id)) return whenUsed(() => requireModule(id))
    if (!id.startsWith("./")) return requireModule(id)
    const name = id.slice(2)
    return late.includes(name) ? whenUsed(() => loadNow(name)) : loadNow(name)
  }

  function loadNow(name: string): object {
    const known = loaded.get(name)
    if (known !== undefined) return known.exports
    const run = body(name)
    // Without a prototype the engine keeps a table from the start, and not a shape for each name that is added.
    const module = { exports: Object.create(null) as object }
    loaded.set(name, module)
    run(module.exports, load, module, `${folder}/${name}`, folder)
    return module.exports
  }

  return load
}

/**
 * Modules of ours have no effects, and chunks use each other by `chunk.name`: the first such use is early enough. What
 * was used once is a property of its own from then on, since some are used for each of many values.
 */
function whenUsed(load: () => unknown): object {
  let loaded: object | null = null
  const lookup = new Proxy(
    {},
    {
      get(_, name, module: object): unknown {
        loaded ??= load() as object
        const value: unknown = Reflect.get(loaded, name)
        Object.defineProperty(module, name, { value })
        return value
      },
    },
  )
  return Object.create(lookup) as object
}
