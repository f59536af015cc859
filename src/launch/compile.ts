import type * as Vm from "node:vm"
import { type Script } from "node:vm"
import { type Body } from "./chunks.ts"
import { type CodeCache } from "./code-cache.ts"
import { type ReadFile } from "./scratch.ts"

/** What the program, once it runs, says about how more of it is loaded; it fills it in itself. */
export interface Loading {
  /** Does the work in a moment when V8 takes the code that was kept. */
  readonly around?: <T>(work: () => T) => T
}

/**
 * Compiles chunks, or takes them as they were compiled before.
 *
 * @param folder - holds the chunks; the text of each is a function, in ASCII
 */
export function compiler(
  { read, vm }: { readonly read: ReadFile; readonly vm: typeof Vm },
  folder: string,
  cache: CodeCache | null,
  loading: Loading = {},
): (name: string) => Body {
  return (name) => {
    const filename = `${folder}/${name}`
    const text = read(filename).toString("latin1")
    const kept = cache?.find(name)
    const compile = (): Script =>
      new vm.Script(text, {
        filename,
        ...(kept !== undefined && { cachedData: kept.code }),
        importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      })
    const script = loading.around === undefined ? compile() : loading.around(compile)
    cache?.loaded(name, script, script.cachedDataRejected === true ? undefined : kept)
    return script.runInThisContext() as Body
  }
}
