import { sealedFiles } from "./count.ts"
import { shown } from "../../errors/display.ts"

export interface RevokedFile {
  readonly file: string
  /** Of the values that were sealed. */
  readonly paths: readonly (readonly (string | number)[])[]
}

/** What is left to do: those who could read a value know it for good. */
export function revokeText(
  name: string,
  files: readonly RevokedFile[],
  { isLookOnly, isFinished }: { readonly isLookOnly: boolean; readonly isFinished: boolean },
): string {
  if (isLookOnly) {
    return [`${name} can read ${files.length} files:`, ...files.map(({ file }) => `  ${shown(file)}`), ""].join("\n")
  }
  const head =
    files.length === 0
      ? `${name} could read no file; the config does not name them any more`
      : `${name} knows these values, and old versions of the files can still be opened. Change them at their source:`
  const rows = files.flatMap(({ file, paths }) => [shown(file), ...paths.map((path) => `  ${pathText(path)}`)])
  const closing = `${sealedFiles(files.length)} without ${name} now, who is out of the config`
  return [head, ...rows, ...(files.length === 0 || !isFinished ? [] : [closing]), ""].join("\n")
}

export function revokeJson(name: string, files: readonly RevokedFile[]): string {
  const list = files.map(({ file, paths }) => ({ file, paths }))
  return `${JSON.stringify({ schema: 1, name, files: list })}\n`
}

function pathText(path: readonly (string | number)[]): string {
  const parts = path.map((part, index) => {
    if (typeof part === "number") return `[${part}]`
    if (!/^[\w-]{1,100}$/.test(part)) return `["${shown(part)}"]`
    return index === 0 ? part : `.${part}`
  })
  return parts.join("")
}
