import { parseSpec } from "../../config/recipients.ts"
import { countedSites, documentOf, shownPath } from "../../core/site.ts"
import { shownKeyPath } from "../../errors/display.ts"
import { statOf } from "../../host/files.ts"
import { recipientName } from "../../keys/kinds.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"
import { loadSealed } from "../open/open-file.ts"
import { type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import { stateOf } from "./ls.ts"

/** What may come next, and what to say about it. */
export interface Offer {
  readonly text: string
  readonly about: string
}

/** At a prompt nobody waits for a larger file. */
const fileBytesMax = 8 * 1024 * 1024
const candidatesMax = 2000

/**
 * The key paths of a sealed file that begin so. They are in the clear: no key is needed, nobody is asked for one, and
 * what is not a file of its own (a pipe, a device) is left alone, since reading it could wait or take something away.
 */
export async function keyPaths(session: Session, file: string, start: string): Promise<Offer[]> {
  const stat = statOf(session.io, file)
  if (stat?.kind !== "file" || stat.size > fileBytesMax) return []
  const { document } = await loadSealed(session, { source: file, inputType: undefined, config: undefined })
  const found = new Map<string, string>()
  for (const site of countedSites(document.scan)) {
    if (site.kind === "comment" || documentOf(site.item) > 0) continue
    const path = shownPath(site.item)
    const { kind, state } = stateOf(site)
    for (let length = 1; length <= path.length; length++) {
      const text = shownKeyPath(path.slice(0, length))
      if (!text.startsWith(start) || found.has(text)) continue
      found.set(text, length < path.length ? "several values" : `${kind}, ${state}`)
      if (found.size === candidatesMax) return candidates(found)
    }
  }
  return candidates(found)
}

/** Names that may be meant: those in the config, those who ask to join, or both. */
export async function configNames(
  session: Session,
  config: string | undefined,
  whose: "members" | "pending" | "both",
): Promise<Offer[]> {
  const found = new Map<string, string>()
  const { config: loaded } = await loadSettings(session, null, config)
  for (const spec of whose === "pending" ? [] : (loaded?.people ?? [])) {
    const [first] = spec.person === null ? [] : parseSpec(spec, parseRecipients)
    if (spec.person !== null && first !== undefined && !found.has(spec.person)) {
      found.set(spec.person, recipientName(first))
    }
  }
  for (const { name, recipient } of whose === "members" ? [] : (loaded?.pending ?? [])) {
    found.set(name, `asks to join, ${recipient}`)
  }
  return candidates(found)
}

function candidates(found: ReadonlyMap<string, string>): Offer[] {
  return [...found].map(([text, about]) => ({ text, about }))
}
