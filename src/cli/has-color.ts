import { type Io } from "../host/io.ts"

/** Whether our own texts are coloured: where the terminal has colours, or where FORCE_COLOR wants them anyway. */
export function hasColor(env: Io["env"], output: Io["stdout"]): boolean {
  const forced = env.get("FORCE_COLOR") ?? ""
  if (forced === "" || (env.get("NO_COLOR") ?? "") !== "") return output.hasColor
  return forced !== "0" && forced !== "false"
}
