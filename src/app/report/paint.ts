import { type Io } from "../../host/io.ts"

/** What a text is, where a terminal shows it by a colour. */
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

/** Puts a text that is safe to show into its colour, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string

/** The one place where our own texts get colours. The face of upstream has upstream's. */
export function paintWith(color: boolean): Paint {
  return color ? (tone, text) => (text === "" ? "" : `\x1b[${codes[tone]}m${text}\x1b[0m`) : (_, text) => text
}

/** Whether our own texts are coloured: where the terminal has colours, or where FORCE_COLOR wants them anyway. */
export function hasColor(env: Io["env"], output: Io["stdout"]): boolean {
  const forced = env.get("FORCE_COLOR") ?? ""
  if (forced === "" || (env.get("NO_COLOR") ?? "") !== "") return output.hasColor
  return forced !== "0" && forced !== "false"
}
