import { type FormatName } from "../../core/format.ts"
import { runSlot } from "../../core/run-memory.ts"
import { decodeText } from "../../core/text.ts"
import { formatByName } from "../open/read-as.ts"
import { type Session } from "../session.ts"

interface Reading {
  readonly name: string | null
  readonly format: FormatName
  /** An option says so. */
  readonly isAsked: boolean
  /** A rule says so. */
  readonly isRuled: boolean
  readonly isContained: boolean
  readonly bytes: Uint8Array
}

const saidOf = runSlot<Set<"other" | "whole">>()

/** Says how a name was read, where sops reads it otherwise or somebody could mean something else: once in a run. */
export function sayReading(session: Session, { name, format, isAsked, isRuled, isContained, bytes }: Reading): void {
  if (!session.dialect.warns || isAsked || name === null || isContained) return
  const stock = formatByName(name, undefined, null)
  const once = (what: "other" | "whole", text: string): void => {
    const said = saidOf.of(session.memory, () => new Set())
    if (said.has(what)) return
    said.add(what)
    session.notice(text)
  }
  if (format !== stock) {
    const whose = isRuled ? " by its rule" : ""
    once(
      "other",
      `${name} was read as ${format}${whose}, and sops would take it for ${stock}: --input-type, or format in a rule, decides`,
    )
  }
  if (format === "binary" && !isRuled && session.io.stderr.isTty && decodeText(bytes) !== null && !bytes.includes(0)) {
    once(
      "whole",
      `${name} was sealed as a whole, since its name tells no format: pass --input-type yaml, json, dotenv or ini, or set format in a rule`,
    )
  }
}
