import { type FormatName } from "../../core/format.ts"

/**
 * The format of a sealed text whose name says nothing (`.env.production`, standard input). Sealed files tell by their
 * metadata; what is not recognized stays `binary`.
 */
export function sniffSealed(text: string): FormatName {
  const start = text.trimStart()
  if (start.startsWith("{")) return /^\{\s*"data"\s*:\s*"[^"]*"\s*,\s*"sops"\s*:/.test(start) ? "binary" : "json"
  if (/^sops:[ \t]*(?:#.*)?\r?$/m.test(text)) return "yaml"
  if (/^sops_version=/m.test(text)) return "dotenv"
  if (/^\[sops\][ \t]*\r?$/m.test(text)) return "ini"
  return "binary"
}
