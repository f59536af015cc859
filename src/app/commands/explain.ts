import { compileSelectors } from "../../config/re2.ts"
import { personOf, resolveEntry, type Rule } from "../../config/rule.ts"
import { type Format, type Scan } from "../../core/format.ts"
import { type Metadata } from "../../core/metadata.ts"
import { isSealedComment } from "../../core/open.ts"
import { type Recipient } from "../../core/recipient.ts"
import { isEmptyText, scalarText } from "../../core/scalar.ts"
import { type CompiledSelectors, defaultSuffix, select, type Selectors } from "../../core/select.ts"
import { countedSites, fullPath, type Item, shownPath, type Site } from "../../core/site.ts"
import { decodeText } from "../../core/text.ts"
import { looksLikeToken } from "../../core/token.ts"
import { AppError } from "../../errors/app-error.ts"
import { didYouMean } from "../../errors/nearest.ts"
import { loadFormat } from "../../formats/registry.ts"
import { absolute, readOptionalFile } from "../../host/files.ts"
import { recipientKey, recipientName } from "../../keys/kinds.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"
import { secretSignOf } from "../check/looks-secret.ts"
import { inspect } from "../check/sealed-text.ts"
import { chooseRule, type RuleReason, type Because, becauseOf, fieldName } from "../report/reasons.ts"
import { configFiles, fileLimits } from "../machine.ts"
import { plainFormatByName } from "../open/read-as.ts"
import { parsePath } from "../open/tree-path.ts"
import { type CommonOptions } from "../options.ts"
import { neededOf } from "../recipients/key-plan.ts"
import { unreadableIn } from "../recipients/entry-names.ts"
import { pathText } from "../report/check-report.ts"
import { table, type TableStyle, tableStyle } from "../report/table.ts"
import { type Outcome, type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"

interface ExplainOptions extends CommonOptions {
  /** Need not exist: then the answer is how it would be sealed. */
  readonly file: string
  readonly path: string | undefined
  /** Rules that were passed over too. */
  readonly all: boolean
  readonly json: boolean
}

interface Member {
  readonly name: string | null
  readonly recipient: string
  readonly in_file: boolean
  readonly in_rule: boolean
}

interface Explained {
  readonly file: string
  readonly sealed: boolean
  readonly format: string
  readonly config: { readonly file: string; readonly kind: string } | null
  readonly rule: RuleReason | null
  readonly passed_over?: readonly RuleReason[]
  readonly recipients: readonly Member[]
  readonly threshold: number
  readonly selector: { readonly field: string; readonly value: string; readonly from: "file" | "rule" | "default" }
  readonly values: { readonly sealed: number; readonly clear: number; readonly empty: number }
  /** Clear values that look like secrets, by their paths. */
  readonly suspect: readonly (readonly (string | number)[])[]
  readonly path?: Because & { readonly path: readonly (string | number)[] }
}

/** `explain`: which config and rule a file has and why, who opens it, and what in it is sealed. Needs no key. */
export async function explain(session: Session, options: ExplainOptions): Promise<Outcome> {
  const explained = await explainFile(session, options)
  const suspect = explained.suspect.length === 0 ? undefined : explained.suspect
  return {
    output: options.json
      ? `${JSON.stringify({ schema: 1, ...explained, suspect })}\n`
      : drawn(explained, tableStyle(session.io)),
  }
}

async function explainFile(session: Session, options: ExplainOptions): Promise<Explained> {
  const { file } = options
  const { config } = await loadSettings(session, file, options.config)
  const target = { path: realTarget(session, file), paths: configFiles(session).paths }
  const choice = config === null ? { entry: null, chosen: null, passedOver: [] } : await chooseRule(config, target)
  const rule =
    config === null || choice.entry === null
      ? null
      : await resolveEntry(config, choice.entry, { parse: parseRecipients, dialect: session.dialect.config })
  const document = await readDocument(session, file, rule)
  const metadata = document?.metadata ?? null
  const selectors = metadata?.selectors ?? rule?.selectors ?? null
  const compiled = await compiledOf(document?.format.isWhole === true ? null : selectors)
  return {
    file,
    sealed: metadata !== null,
    format: document?.format.name ?? plainFormatByName(session, file, undefined, rule?.inputType ?? null),
    config: config === null ? null : { file: config.file, kind: config.kind },
    rule: choice.chosen,
    ...(options.all ? { passed_over: choice.passedOver } : {}),
    recipients: membersOf(metadata, rule),
    threshold: thresholdOf(metadata, rule),
    selector: { field: fieldName(compiled.rule), value: compiled.text, from: sourceOf(metadata, rule) },
    values: document === null ? { sealed: 0, clear: 0, empty: 0 } : countOf(document, compiled, metadata !== null),
    suspect: document === null ? [] : suspectsOf(document, compiled, metadata !== null),
    ...(options.path === undefined ? {} : { path: pathOf(session, options.path, document, compiled) }),
  }
}

/** Rules are compared with paths without links in their folder. */
function realTarget(session: Session, file: string): string {
  const { paths } = configFiles(session)
  const path = absolute(session.io, file)
  try {
    return paths.join(session.io.fs.realpath(paths.dirname(path)), paths.basename(path))
  } catch {
    return path
  }
}

interface Read {
  readonly format: Pick<Format, "name" | "isWhole">
  readonly scan: Scan
  readonly metadata: Metadata | null
}

/** @returns `null` for a file that is not there @throws {AppError} for one that is broken */
async function readDocument(session: Session, file: string, rule: Rule | null): Promise<Read | null> {
  const opened = await readOptionalFile(session.io, file, fileLimits)
  if (opened === null) return null
  const inspected = await inspect(file, opened.bytes, rule?.inputType ?? null)
  if (inspected.state === "sealed") return inspected.document
  const [fault] = inspected.state === "broken" ? inspected.findings : []
  if (fault !== undefined) {
    const code = fault.code === "CONFLICT_MARKERS" || fault.code === "METADATA_INVALID" ? fault.code : "SYNTAX"
    throw new AppError(code, { file, line: fault.line }, { exit: 1, hint: fault.hint })
  }
  const format = await loadFormat(plainFormatByName(session, file, undefined, rule?.inputType ?? null))
  const text = decodeText(opened.bytes)
  if (format.isWhole === true || text === null) return null
  try {
    return { format, scan: format.scan(text), metadata: null }
  } catch (error) {
    throw error instanceof AppError ? error.at({ file }) : error
  }
}

async function compiledOf(selectors: Selectors | null): Promise<CompiledSelectors> {
  if (selectors === null) return { rule: "unencryptedSuffix", text: defaultSuffix, pattern: null }
  return compileSelectors(selectors, { refuseInvalid: false })
}

function sourceOf(metadata: Metadata | null, rule: Rule | null): "file" | "rule" | "default" {
  const selectors = metadata?.selectors ?? rule?.selectors ?? null
  if (selectors === null || Object.values(selectors).every((text) => text === "")) return "default"
  return metadata === null ? "rule" : "file"
}

function thresholdOf(metadata: Metadata | null, rule: Rule | null): number {
  const { groups, threshold } = metadata ?? rule ?? { groups: [], threshold: 0 }
  return neededOf(groups.length, threshold)
}

function membersOf(metadata: Metadata | null, rule: Rule | null): Member[] {
  const inFile = new Map((metadata?.groups ?? []).flat().map(({ recipient }) => [recipientKey(recipient), recipient]))
  const inRule = new Map((rule?.groups ?? []).flat().map((recipient) => [recipientKey(recipient), recipient]))
  const all = new Map<string, Recipient>([...inFile, ...inRule])
  const unreadable = unreadableIn(metadata?.groups ?? [])
  return [...all].map(([key, recipient]) => ({
    name: (rule === null ? null : personOf(rule.people, recipient)) ?? null,
    recipient: unreadable.get(recipient) ?? recipientName(recipient),
    in_file: inFile.has(key),
    in_rule: inRule.has(key),
  }))
}

/** Of a plain file: what would be. */
function countOf({ scan }: Read, compiled: CompiledSelectors, isSealed: boolean): Explained["values"] {
  const values = { sealed: 0, clear: 0, empty: 0 }
  const sites = countedSites(scan)
  const selected = select(sites, compiled, isSealedComment)
  for (const [index, site] of sites.entries()) {
    if (site.kind === "comment") continue
    values[stateOf(site, selected[index]!, isSealed)]++
  }
  return values
}

function stateOf({ kind, scalar }: Site, isSelected: boolean, isSealed: boolean): keyof Explained["values"] {
  if (scalar === null || isEmptyText(scalar)) return "empty"
  if (!isSealed) return isSelected ? "sealed" : "clear"
  return kind === "str" && looksLikeToken(scalarText(scalar)) ? "sealed" : "clear"
}

const suspectsMax = 20

function suspectsOf({ scan }: Read, compiled: CompiledSelectors, isSealed: boolean): (string | number)[][] {
  const sites = countedSites(scan)
  const selected = select(sites, compiled, isSealedComment)
  const found: (string | number)[][] = []
  for (const [index, site] of sites.entries()) {
    if (found.length === suspectsMax) break
    if (site.kind !== "str" || stateOf(site, selected[index]!, isSealed) !== "clear") continue
    if (secretSignOf(fullPath(site.item), scalarText(site.scalar!)) !== null) found.push(shownPath(site.item))
  }
  return found
}

/** @throws {AppError} `KEY_NOT_FOUND` with the nearest path */
function pathOf(
  session: Session,
  text: string,
  document: Read | null,
  compiled: CompiledSelectors,
): NonNullable<Explained["path"]> {
  const path = parsePath(session, text, 91)
  const sites = document === null ? [] : countedSites(document.scan)
  const item = itemAt(sites, path)
  if (item !== null) return { path: shownPath(item), ...becauseOf(sites, compiled, item) }
  const known = new Set(sites.flatMap((site) => prefixesOf(site.item)))
  throw new AppError("KEY_NOT_FOUND", { path }, { hint: didYouMean(pathText(path), known) })
}

function itemAt(sites: readonly Site[], path: readonly (string | number)[]): Item | null {
  for (const { item } of sites) {
    const parts = fullPath(item)
    if (parts.length < path.length || !path.every((part, index) => part === parts[index])) continue
    let at = item
    for (let up = parts.length; up > path.length && at.parent !== null; up--) at = at.parent
    return at
  }
  return null
}

function prefixesOf(item: Item): string[] {
  const parts = shownPath(item)
  return parts.map((_, index) => pathText(parts.slice(0, index + 1)))
}

function drawn(explained: Explained, style: TableStyle): string {
  const { file, sealed, format, config, rule, recipients, selector, values, path, threshold } = explained
  const rows: [string, string][] = [
    ["file", `${file}: ${sealed ? "sealed" : "not sealed"}, ${format}`],
    ["config", config === null ? "none: no .sopsrc or .sops.yaml in its folder or above" : config.file],
    ["rule", rule === null ? "none" : `${rule.index} (line ${rule.line}): ${rule.reason}`],
    ...(explained.passed_over ?? []).map(({ index, line, reason }): [string, string] => [
      "",
      `not ${index} (line ${line}): ${reason}`,
    ]),
    ...recipients.map((each, index): [string, string] => [index === 0 ? "recipients" : "", memberText(each, sealed)]),
    ...(threshold > 1 ? [["threshold", `keys of ${threshold} groups are needed`] as [string, string]] : []),
    [
      "selector",
      `${selector.field} ${JSON.stringify(selector.value)}${selector.from === "default" ? ", the default" : `, from the ${selector.from}`}`,
    ],
    [
      "values",
      `${values.sealed} ${sealed ? "sealed" : "would be sealed"}, ${values.clear} clear, ${values.empty} empty`,
    ],
    ...(explained.suspect.length === 0
      ? []
      : [["", `clear, and look like secrets: ${explained.suspect.map(pathText).join(", ")}`] as [string, string]]),
    ...(path === undefined
      ? []
      : [[pathText(path.path), `${path.sealed ? "sealed" : "not sealed"}: ${path.because}`] as [string, string]]),
  ]
  return table(
    rows.map(([name, text]) => [[name, "name"], text]),
    style,
  )
}

function memberText({ name, recipient, in_file: inFile, in_rule: inRule }: Member, sealed: boolean): string {
  const where = !sealed || inFile === inRule ? "" : inFile ? "  (in the file only)" : "  (in the rule only)"
  return `${name === null ? "" : `${name}  `}${recipient}${where}`
}
