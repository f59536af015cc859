import { type FormatName } from "../core/format.ts"
import { detectFormat } from "./registry.ts"

/** Endings that say who made a file or where it belongs, and nothing about its content. */
const silent: ReadonlySet<string> = new Set(
  "tmpl tpl template gotmpl j2 jinja jinja2 erb mustache hbs example sample dist default defaults local bak orig old new".split(
    " ",
  ),
)
/** Endings after `.env` that make another kind of file. */
const otherFiles: ReadonlySet<string> = new Set(
  "age asc bz2 enc gpg gz html js key md mjs pem pgp py rb sh so tar ts txt xz zip zst".split(" "),
)

/**
 * The format of a plain file from everything that its name tells: `.env.production`, `X.YML` and `x.yaml.tmpl` too,
 * which sops takes for binary.
 */
export function detectPlainFormat(path: string): FormatName {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1).toLowerCase()
  const stock = detectFormat(name)
  if (stock !== "binary") return stock
  const parts = name.split(".")
  if (parts.includes("env", 1) && !otherFiles.has(parts.at(-1)!)) return "dotenv"
  while (parts.length > 2 && silent.has(parts.at(-1)!)) parts.pop()
  return detectFormat(parts.join("."))
}
