import { AppError } from "../errors/app-error.ts"
import { type Format, type FormatName, formatNames } from "../core/format.ts"

/** What we have to know of a format before its code is loaded. */
interface Row {
  /** A command loads only the format of its file. */
  readonly load: () => Promise<Format>
  /** In lower case only: `.env.production` and `x.YAML` are binary. */
  readonly suffixes: readonly string[]
  /** Whether a sealed text whose name says nothing is of this format: its metadata tells. */
  looksSealed(text: string): boolean
}

const container = /^\s*\{\s*"data"\s*:\s*"[^"]*"\s*,\s*"sops"\s*:/

const rows: Readonly<Record<FormatName, Row>> = {
  yaml: {
    load: async () => (await import("./yaml/yaml.ts")).yaml,
    suffixes: [".yaml", ".yml"],
    looksSealed: (text) => /^sops:[ \t]*(?:#.*)?\r?$/m.test(text),
  },
  json: {
    load: async () => (await import("./json/json.ts")).json,
    suffixes: [".json"],
    looksSealed: (text) => text.trimStart().startsWith("{") && !container.test(text),
  },
  dotenv: {
    load: async () => (await import("./dotenv/dotenv.ts")).dotenv,
    suffixes: [".env"],
    looksSealed: (text) => /^sops_version=/m.test(text),
  },
  ini: {
    load: async () => (await import("./ini/ini.ts")).ini,
    suffixes: [".ini"],
    looksSealed: (text) => /^\[sops\][ \t]*\r?$/m.test(text),
  },
  // Whatever is nothing else.
  binary: {
    load: async () => (await import("./binary.ts")).binary,
    suffixes: [],
    looksSealed: (text) => container.test(text),
  },
}

/** @throws {AppError} `OPTION_VALUE` for what is no name of a format */
export async function loadFormat(name: FormatName): Promise<Format> {
  // Programs in JavaScript pass what they like: options in the place of the format, or a prototype's name.
  if (typeof name === "string" && Object.hasOwn(rows, name)) return rows[name].load()
  const hint = `formats are ${formatNames.join(", ")}`
  throw new AppError("OPTION_VALUE", {}, { subject: "there is no such format", hint })
}

/** A format by the name that `--input-type` and `--output-type` take; `null` for any other text. */
export function formatNamed(text: string): FormatName | null {
  return Object.hasOwn(rows, text) ? (text as FormatName) : null
}

/** What the name of a file can end in that tells its format, without the dot. */
export function fileEndings(): string[] {
  return formatNames.flatMap((name) => rows[name].suffixes.map((suffix) => suffix.slice(1)))
}

/**
 * The format that the name of a file tells, by its suffix alone.
 *
 * @see sops v3.13.2 cmd/sops/formats/formats.go, FormatForPath
 */
export function detectFormat(path: string): FormatName {
  return formatNames.find((name) => rows[name].suffixes.some((suffix) => path.endsWith(suffix))) ?? "binary"
}

/** Formats whose texts begin with a brace come first: their values may hold lines of all others. */
const byLook: readonly FormatName[] = ["binary", "json", ...formatNames]

/**
 * The format of a sealed text whose name says nothing (`.env.production`, standard input); what is not recognized stays
 * `binary`.
 */
export function sniffSealed(text: string): FormatName {
  return byLook.find((name) => rows[name].looksSealed(text)) ?? "binary"
}
