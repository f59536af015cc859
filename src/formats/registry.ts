import { type Format, type FormatName } from "../core/format.ts"

/** Lazy: a command loads the one format that its file has. */
const loaders: Readonly<Record<FormatName, () => Promise<Format>>> = {
  yaml: async () => (await import("./yaml/yaml.ts")).yaml,
  json: async () => (await import("./json.ts")).json,
  dotenv: async () => (await import("./dotenv.ts")).dotenv,
  ini: async () => (await import("./ini/ini.ts")).ini,
  binary: async () => (await import("./binary.ts")).binary,
}

export function loadFormat(name: FormatName): Promise<Format> {
  return loaders[name]()
}

/** A format by the name that `--input-type` and `--output-type` take; `null` for any other text. */
export function formatNamed(text: string): FormatName | null {
  return Object.hasOwn(loaders, text) ? (text as FormatName) : null
}

/**
 * The format that the name of a file tells, by its suffix alone and in small letters: `.env.production` and `x.YAML`
 * are binary.
 *
 * @see sops v3.13.2 cmd/sops/formats/formats.go, FormatForPath
 */
export function detectFormat(path: string): FormatName {
  if (path.endsWith(".yaml") || path.endsWith(".yml")) return "yaml"
  if (path.endsWith(".json")) return "json"
  if (path.endsWith(".env")) return "dotenv"
  return path.endsWith(".ini") ? "ini" : "binary"
}
