import { readFileSync, readdirSync } from "node:fs"
import { join, relative, resolve, sep } from "node:path"

export const root = resolve(import.meta.dirname, "..")

export interface Import {
  /** As it is written. */
  readonly target: string
  /** Path below the project for our own files; `null` for packages and built-in modules. */
  readonly file: string | null
  readonly isDynamic: boolean
  /** Nothing of it is there at run time. */
  readonly isTypes: boolean
}

export interface Source {
  /** Below the project, with slashes. */
  readonly file: string
  readonly text: string
  readonly imports: readonly Import[]
}

const specifier =
  /(?:^(?:import|export)\s+(type\s+)?(?:\{([^}]*)\}|[\w*, ]+)\s*from\s*|^import\s*|(\bimport\()\s*)"([^"\n]+)"/gm

/** Every TypeScript file below a folder of the project. */
export function sources(folder: string): Source[] {
  const entries = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
  return entries
    .filter((entry) => entry.endsWith(".ts") && !entry.endsWith(".d.ts"))
    .map((entry) => read(join(folder, entry)))
    .toSorted((a, b) => (a.file < b.file ? -1 : 1))
}

function read(path: string): Source {
  const text = readFileSync(join(root, path), "utf8")
  const imports = [...withoutComments(text).matchAll(specifier)].map((match): Import => {
    const [, type, names, dynamic, target = ""] = match
    const own = target.startsWith(".") ? relative(root, resolve(root, path, "..", target)) : null
    const isTypes = type !== undefined || (names?.split(",").every((name) => /^\s*(type\s|$)/.test(name)) ?? false)
    return { target, file: own === null ? null : slashes(own), isDynamic: dynamic !== undefined, isTypes }
  })
  return { file: slashes(path), text, imports }
}

/** Line comments and documentation out; strings that hold `//` keep what stands before it, which is enough here. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1")
}

function slashes(path: string): string {
  return path.split(sep).join("/")
}
