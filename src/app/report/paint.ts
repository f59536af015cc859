import { type Io } from "../../host/io.ts"

/** The role of a text, which a terminal shows by its colour. */
export type Tone = "error" | "warning" | "hint" | "notice" | "head" | "good" | "name" | "dim"

const codes: Readonly<Record<Tone, string>> = {
  error: "1;31",
  warning: "33",
  hint: "36",
  notice: "33",
  head: "1",
  good: "32",
  name: "1",
  dim: "2",
}

/** Colours a text that is safe to show, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string

/** The one place that colours our own texts. The `sops` face has upstream's colours. */
export function paintWith(color: boolean): Paint {
  return color ? (tone, text) => (text === "" ? "" : `\x1b[${codes[tone]}m${text}\x1b[0m`) : (_, text) => text
}

/** Whether to colour our own texts: if the terminal has colours, or FORCE_COLOR wants them anyway. */
export function hasColor(env: Io["env"], output: Io["stdout"]): boolean {
  const forced = env.get("FORCE_COLOR") ?? ""
  if (forced === "" || (env.get("NO_COLOR") ?? "") !== "") return output.hasColor
  return forced !== "0" && forced !== "false"
}
