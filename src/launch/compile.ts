import type * as Fs from "node:fs"
import type * as Vm from "node:vm"
import { type Body } from "./chunks.ts"
import { type CodeCache } from "./code-cache.ts"

/**
 * Compiles chunks, or takes them as they were compiled before.
 *
 * @param folder - holds the chunks; the text of each is a function, in ASCII
 */
export function compiler(
  { fs, vm }: { readonly fs: typeof Fs; readonly vm: typeof Vm },
  folder: string,
  cache: CodeCache | null,
): (name: string) => Body {
  return (name) => {
    const filename = `${folder}/${name}`
    const cachedData = cache?.find(name)
    const text = fs.readFileSync(filename, "latin1")
    const script = new vm.Script(text, {
      filename,
      ...(cachedData !== undefined && { cachedData }),
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
    if (cachedData === undefined || script.cachedDataRejected === true) cache?.keepAtEnd(name, script)
    return script.runInThisContext() as Body
  }
}
