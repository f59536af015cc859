import { shown } from "../../errors/display.ts"
import { type FormatName } from "../../core/format.ts"
import { type Recipient } from "../../core/recipient.ts"
import { recipientName } from "../../keys/kinds.ts"
import { AppError } from "../../errors/app-error.ts"
import { neededOf } from "../recipients/key-plan.ts"
import { type LoadedFile } from "../open/open-file.ts"
import { type CommonOptions } from "../options.ts"
import { findSealed, loadCandidate } from "../open/sealed-files.ts"
import { entryNames } from "../recipients/entry-names.ts"
import { type Paint } from "../report/paint.ts"
import { tableStyle } from "../report/table.ts"
import { type Outcome, type Session } from "../session.ts"

interface WhoOptions extends CommonOptions {
  readonly paths: readonly string[]
  readonly inputType: FormatName | undefined
  readonly by: "file" | "person"
  readonly json: boolean
}

interface Readers {
  readonly file: string
  readonly groups: readonly (readonly string[])[]
  /** How many groups are needed. */
  readonly needed: number
}

/** `who`: who can read what, by name, from the metadata alone: no key is needed. */
export async function listReaders(session: Session, options: WhoOptions): Promise<Outcome> {
  const readers: Readers[] = []
  const errors: AppError[] = []
  for (const candidate of await findSealed(session, options.paths)) {
    try {
      const loaded = await loadCandidate(session, candidate, options)
      if (loaded !== null) readers.push(readersOf(candidate.file, loaded))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      errors.push(error)
    }
  }
  const people = byPerson(readers)
  if (options.json) return { output: json(options.by === "file" ? readers : people), errors }
  const { paint } = tableStyle(session.io)
  const lines =
    options.by === "file"
      ? readers.map((each) => fileLine(each, paint))
      : people.flatMap((each) => personLines(each, paint))
  return { output: lines.map((line) => `${line}\n`).join(""), errors }
}

function readersOf(file: string, { document, settings }: LoadedFile): Readers {
  const { groups, threshold } = document.metadata
  const nameOf = entryNames(groups, settings.personOf)
  const names = groups.map((group) => [
    ...new Set(group.map(({ recipient }) => nameOf(recipient) ?? called(recipient))),
  ])
  return { file, groups: names, needed: neededOf(groups.length, threshold) }
}

function called(recipient: Recipient): string {
  const name = recipientName(recipient)
  return recipient.type === "unknown" ? `${name} (of a kind that this version does not know)` : name
}

function fileLine({ file, groups, needed }: Readers, paint: Paint): string {
  const named = (group: readonly string[], between: string): string =>
    group.map((name) => paint("name", shown(name))).join(between)
  const [only = []] = groups
  if (groups.length === 1) return `${shown(file)}: ${named(only, ", ")}`
  return `${shown(file)}: ${needed} of ${groups.map((group) => `(${named(group, " or ")})`).join(", ")}`
}

interface Person {
  readonly name: string
  readonly files: readonly { readonly file: string; readonly isAlone: boolean }[]
}

function byPerson(readers: readonly Readers[]): Person[] {
  const people = new Map<string, { file: string; isAlone: boolean }[]>()
  for (const { file, groups, needed } of readers) {
    for (const name of new Set(groups.flat())) {
      const isAlone = groups.filter((group) => group.includes(name)).length >= needed
      people.set(name, [...(people.get(name) ?? []), { file, isAlone }])
    }
  }
  return [...people].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, files]) => ({ name, files }))
}

function personLines({ name, files }: Person, paint: Paint): string[] {
  const others = (isAlone: boolean): string => (isAlone ? "" : ` ${paint("dim", "(with others)")}`)
  return [paint("name", shown(name)), ...files.map(({ file, isAlone }) => `  ${shown(file)}${others(isAlone)}`)]
}

function json(list: readonly Readers[] | readonly Person[]): string {
  return `${JSON.stringify({ schema: 1, readers: list })}\n`
}
