import { type Recipient } from "../core/recipient.ts"
import { type Detail, type Where, AppError } from "../errors/app-error.ts"
import { recipientName } from "./kinds.ts"
import { isReadable } from "./parse-recipient.ts"
import { type SearchedPlace } from "./provider.ts"

/** Why one entry could not be unwrapped. */
export interface FailedAttempt {
  readonly recipient: Recipient
  /** One reason or more; never empty, never secret. */
  readonly reasons: readonly string[]
  /** Where identities for it were looked for. */
  readonly places: readonly SearchedPlace[]
  /** What to do next, where it is not to get an identity. */
  readonly hint?: string | undefined
  /** Upstream's message for it, on one line. */
  readonly asUpstream: string
}

export interface GroupReport {
  readonly isRecovered: boolean
  /** In the order of trial; empty when the group was recovered. */
  readonly attempts: readonly FailedAttempt[]
}

/** All that is known when the data key cannot be had: both faces print it in their own way. */
export interface DataKeyReport {
  readonly groups: readonly GroupReport[]
  /** As the file says; 0 when it says nothing. */
  readonly threshold: number
}

/** `DATA_KEY`, with everything that was tried. */
export class DataKeyError extends AppError {
  static override readonly name = "DataKeyError"
  readonly #report: DataKeyReport

  constructor(report: DataKeyReport, where: Where = {}, detail: Detail = {}) {
    super("DATA_KEY", where, detail)
    this.#report = report
  }

  get report(): DataKeyReport {
    return this.#report
  }

  override at(where: Where): DataKeyError {
    return this.keepStack(new DataKeyError(this.report, super.at(where).where, this.detail))
  }
}

/** What people call a recipient; `undefined` when it has no name. */
export type NameOf = (recipient: Recipient) => string | undefined

/** A list of names in a sentence stays readable up to here. */
const namesMax = 6

/** Our words for a data key that cannot be had: for whom the file is, what this user holds, what was tried and where. */
export function describeDataKey(report: DataKeyReport, nameOf: NameOf = () => undefined): Detail {
  const attempts = report.groups.flatMap((group) => group.attempts)
  const places = mergePlaces(attempts)
  const held = new Map(places.flatMap(({ name, holds }) => holds.map((recipient) => [recipient, name])))
  const notes: string[] = []
  for (const [index, group] of report.groups.entries()) {
    const state = group.isRecovered ? "recovered" : "not recovered"
    if (report.groups.length > 1) notes.push(`key group ${index + 1} of ${report.groups.length}: ${state}`)
    for (const attempt of group.attempts) {
      notes.push(`for ${called(attempt.recipient, nameOf)}: ${attempt.reasons.join("; ")}`)
    }
  }
  for (const [recipient, place] of held) notes.push(`you hold ${called(asAge(recipient), nameOf)}, from ${place}`)
  for (const place of places) notes.push(`searched ${place.name}: ${findings(place)}`)
  const names = [...held.keys()].map((recipient) => nameOf(asAge(recipient)) ?? recipient)
  return {
    subject: cause(report, { attempts, held: names, nameOf }),
    notes,
    hint: nextStep(report, places, [...held.keys()], readersOf(attempts, nameOf)),
  }
}

interface Facts {
  readonly attempts: readonly FailedAttempt[]
  readonly held: readonly string[]
  readonly nameOf: NameOf
}

function cause({ groups, threshold }: DataKeyReport, { attempts, held, nameOf }: Facts): string {
  if (groups.length > 1) {
    const recovered = groups.filter(({ isRecovered }) => isRecovered).length
    return `${recovered} of ${groups.length} key groups were recovered, ${Math.max(threshold, 2)} are needed`
  }
  if (attempts.length === 0) return "the file names no recipient"
  const names = attempts.map(({ recipient }) => nameOf(recipient)).filter((name) => name !== undefined)
  if (names.length === attempts.length && names.length <= namesMax && held.length <= namesMax) {
    return `this file is for ${sentence(names)}; you hold ${held.length === 0 ? "no identity" : sentence(held)}`
  }
  return attempts.length === 1 ? "its only recipient failed" : `all of its ${attempts.length} recipients failed`
}

function nextStep(
  { groups, threshold }: DataKeyReport,
  places: readonly SearchedPlace[],
  held: readonly string[],
  readers: readonly string[],
): string | undefined {
  const attempts = groups.flatMap((group) => group.attempts)
  const [recipient] = held
  const known = attempts.find(({ hint }) => hint !== undefined)?.hint
  if (known !== undefined) return known
  const locked = places.find(({ reasons }) => reasons.some((reason) => staysLocked.test(reason)))
  if (locked !== undefined)
    return `the identity of ${locked.name} stays locked: run this at a terminal, with its passphrase at hand`
  if (groups.length > 1 && groups.some(({ isRecovered }) => isRecovered)) return nextGroup(groups, threshold)
  if (attempts.length > 0 && attempts.every(({ recipient: { type } }) => type === "pgp")) {
    return "import your secret key: gpg --import FILE; or ask somebody who can open the file to add you"
  }
  if (recipient !== undefined) return letIn(recipient, readers)
  if (places.length === 0) return undefined
  return "name the file with your identity in SOPS_AGE_KEY_FILE, or put it in one of the places that were searched; without one, `sotto init` makes it and says who can let you in"
}

/** A post-quantum recipient has 2,000 characters, which no line of an error holds. */
const recipientCharsMax = 200

/** Names are in a `.sopsrc`, and with one the program lets people in by name; elsewhere a key goes into the file. */
function letIn(recipient: string, readers: readonly string[]): string {
  if (recipient.length > recipientCharsMax)
    return "ask with a commit to be let in: sotto join NAME; or send your public key to somebody who can open the file"
  // An SSH key is several words.
  const word = /\s/.test(recipient) ? `'${recipient}'` : recipient
  if (readers.length === 0)
    return `ask somebody who can open the file to let you in: sotto rotate -i --add-age ${word} {file}`
  const whom = readers.length <= namesMax ? readers.join(" or ") : "somebody who can open the file"
  return `send this line to ${whom}, with your name in it: sotto grant NAME ${word}; or ask with a commit: sotto join NAME`
}

function readersOf(attempts: readonly FailedAttempt[], nameOf: NameOf): string[] {
  return [...new Set(attempts.flatMap(({ recipient }) => nameOf(recipient) ?? []))]
}

/** What was said of an identity that may well be the one. */
const staysLocked = /^(it is locked, and there is no terminal|wrong passphrase)/

/** Who opens some groups is in the file already: others are missing. */
function nextGroup(groups: DataKeyReport["groups"], threshold: number): string {
  const missing = [...groups.entries()].flatMap(([index, { isRecovered }]) => (isRecovered ? [] : [`${index + 1}`]))
  const count = Math.max(threshold, 2) - (groups.length - missing.length)
  const which = missing.length === 1 ? `group ${missing[0]}` : `${count} of the groups ${sentence(missing)}`
  return `a key of ${which} is needed as well: have its identity here too, or ask somebody who holds one`
}

function findings({ name, state, holds, reasons }: SearchedPlace): string {
  const what: string[] = []
  if (state === "absent") what.push(/^[A-Z_]+$/.test(name) ? "not set" : "not there")
  if (state === "empty") what.push("it holds no identity")
  if (state === "found")
    what.push(
      holds.length === 1 ? "one identity" : holds.length === 0 ? "locked or of a plugin" : `${holds.length} identities`,
    )
  return [...what, ...reasons].join("; ")
}

/** The same place is looked at for every entry; a command is run for each, and may say something else each time. */
function mergePlaces(attempts: readonly FailedAttempt[]): SearchedPlace[] {
  const merged = new Map<string, SearchedPlace>()
  for (const place of attempts.flatMap(({ places }) => places)) {
    const known = merged.get(place.name)
    const holds = [...new Set([...(known?.holds ?? []), ...place.holds])]
    const reasons = [...new Set([...(known?.reasons ?? []), ...place.reasons])]
    merged.set(place.name, { ...place, holds, reasons })
  }
  return [...merged.values()]
}

function called(recipient: Recipient, nameOf: NameOf): string {
  const name = nameOf(recipient)
  // Of one that does not parse the text is not shown.
  if (name !== undefined && !isReadable(recipient)) return name
  const text = shortName(recipient)
  return name === undefined ? text : `${name} (${text})`
}

const nameMax = 200

/** As much of a recipient as a line has room for: a post-quantum one has 2,000 characters. */
export function shortName(recipient: Recipient): string {
  const text = recipientName(recipient)
  return text.length > nameMax ? `${text.slice(0, nameMax)}…` : text
}

function asAge(recipient: string): Recipient {
  return { type: "age", recipient }
}

function sentence(names: readonly string[]): string {
  const last = names.at(-1) ?? ""
  return names.length === 1 ? last : `${names.slice(0, -1).join(", ")} and ${last}`
}
