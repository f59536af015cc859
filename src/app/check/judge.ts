import { type RuleSettings } from "../../config/defaults.ts"
import { compileSelectors } from "../../config/re2.ts"
import { personOf, type Rule } from "../../config/rule.ts"
import { type Recipient } from "../../core/recipient.ts"
import { type SealedDocument } from "../../core/document.ts"
import { type CompiledSelectors } from "../../core/select.ts"
import { AppError } from "../../errors/app-error.ts"
import { encsOf, sealedFacts, mayBeUnsealed, metadataChanges, type SealedFacts, unsealedFindings } from "./changes.ts"
import { type CheckCode, type Finding, finding } from "./finding.ts"
import { type ConfigLookup, type Ruled } from "./configs.ts"
import { markOf } from "./copies.ts"
import { recipientFindings, selectorFindings } from "./drift.ts"
import { hasSomethingToSeal, isToBeSealed } from "./plaintext.ts"
import { privateKeyFindings } from "./private-keys.ts"
import { inspect, type Inspected, metadataFindings, searchable } from "./sealed-text.ts"
import { isTemplateOf } from "./siblings.ts"
import { suspicionOf } from "./suspect-names.ts"
import { valueFindings } from "./values.ts"

/** A file whose content is judged. */
export interface Content {
  /** From the top, with `/`. */
  readonly file: string
  /** `null`: it is too large to look at. */
  readonly bytes: Uint8Array | null
  /**
   * The version that it is compared with; `null`: there was none. It is read only where it can matter, and absent
   * where there is nothing to compare with.
   */
  readonly before?: () => Promise<Uint8Array | null>
  /** There was no version before. */
  readonly isNew?: boolean
}

/** A sealed file, as far as others are compared with it. */
export interface SealedFile {
  readonly file: string
  readonly text: string
  readonly document: SealedDocument
  readonly settings: RuleSettings | null
}

interface JudgeOptions {
  readonly configs: ConfigLookup
  /** Absolute, for the rules. */
  pathOf(file: string): string
  /** What a range changes about metadata is reported. */
  readonly isRange: boolean
  /** Further findings about each sealed file. */
  readonly more: readonly ((file: SealedFile) => Promise<readonly Finding[]> | readonly Finding[])[]
}

/** What is found in single files, one after the other; only what is sealed stays in memory. */
export class Judge {
  readonly #options: JudgeOptions
  readonly #findings: Finding[] = []
  readonly sealed: SealedFacts[] = []
  /** Files that were not there before and are not sealed. */
  readonly newPlain: string[] = []
  /** Of sealed files that are compared with a version before: what tells its wrapped keys from those of now. */
  readonly #encsBefore = new Map<string, EncsBefore>()
  #hasNoConfig = false

  constructor(options: JudgeOptions) {
    this.#options = options
  }

  get findings(): readonly Finding[] {
    return [...this.#findings, ...this.#options.configs.faults]
  }

  /** A sealed file was looked at, and there is no config at all for it. */
  get hasNoConfig(): boolean {
    return this.#hasNoConfig
  }

  /** Files whose content matters beyond what is sealed or looks like a key. */
  async ruledAmong(files: readonly string[]): Promise<ReadonlySet<string>> {
    const { configs, pathOf } = this.#options
    const found = new Set<string>()
    for (const inFolder of byFolder(files)) {
      const ruledAt = await configs.ruler(pathOf(inFolder[0]!))
      for (const file of inFolder) {
        const ruled = ruledAt(pathOf(file))
        // Two configs of one folder are compared where a rule of theirs names a file.
        if (ruled.config !== null && ruled.config.beside !== null) await configs.ruleOf(pathOf(file), ruled)
        if (ruled.entry !== null && ruled.settings !== null && isToBeSealed(file, ruled.entry, ruled.settings))
          found.add(file)
      }
    }
    return found
  }

  /**
   * The wrapped keys of a sealed file that its version before had not; all, where there was none. Only this reads that
   * version where nothing else needs it.
   */
  async newEncs({ file, encs }: Pick<SealedFacts, "file" | "encs">): Promise<readonly string[]> {
    const before = this.#encsBefore.get(file)
    if (before === undefined) return encs
    const isOld = await before()
    return encs.filter((enc) => !isOld(enc))
  }

  async look({ file, bytes, before, isNew = before === undefined }: Content): Promise<void> {
    if (bytes === null) {
      this.#findings.push(finding("TOO_LARGE", { file }))
      return
    }
    const ruled = await ruledFor(this.#options, file)
    const configured = ruled.settings?.inputType ?? null
    const after = await inspect(file, bytes, configured)
    const found = await this.#judge(file, after, ruled)
    found.push(...(await privateKeyFindings(file, searchable(bytes, after))))
    if (!isNew && before !== undefined && after.state === "sealed")
      this.#encsBefore.set(file, async () => holdsEncs(await before()))
    if (isNew && after.state === "plain") this.newPlain.push(file)
    if (before !== undefined && (this.#options.isRange || mayBeUnsealed(after))) {
      const bytesBefore = await before()
      const old = bytesBefore === null ? null : await inspect(file, bytesBefore, configured)
      found.push(...(await unsealedFindings({ file, before: old, after }, isTemplateOf)))
      if (this.#options.isRange) {
        const people = after.state === "sealed" ? (await this.#ruleOf(file, ruled))?.people : undefined
        const nameOf = (recipient: Recipient): string | undefined =>
          people === undefined ? undefined : (personOf(people, recipient) ?? undefined)
        found.push(...metadataChanges({ file, before: old, after }, nameOf))
        const encs = new Set(old?.state === "sealed" ? encsOf(old.document.metadata) : [])
        if (after.state === "sealed") this.#encsBefore.set(file, async () => (enc) => encs.has(enc))
      }
    }
    this.#findings.push(...limited(found))
  }

  /** A file whose content nobody has to see. */
  lookAtName(file: string): void {
    this.#findings.push(...nameFindings(file))
  }

  async #judge(file: string, inspected: Inspected, ruled: Ruled): Promise<Finding[]> {
    const found = nameFindings(file)
    if (inspected.state === "large") return [...found, finding("TOO_LARGE", { file })]
    const { text } = inspected
    switch (inspected.state) {
      case "plain":
        return [...found, ...(await this.#plain(file, text, ruled))]
      case "broken":
        return [...found, ...inspected.findings]
      case "sealed":
        if (inspected.hasOtherLineEnds) found.push(finding("LINE_ENDS", { file }))
        if (inspected.encoding !== null) found.push(finding("SYNTAX", { file }, { subject: inspected.encoding }))
        return [...found, ...(await this.#sealed({ file, text: inspected.text, document: inspected.document }, ruled))]
    }
  }

  async #plain(file: string, text: string | null, { entry, settings }: Ruled): Promise<Finding[]> {
    if (entry === null || settings === null || !isToBeSealed(file, entry, settings)) return []
    if (!(await hasSomethingToSeal(file, text, settings))) return []
    return [finding("PLAINTEXT_FILE", { file, line: 1 }, { subject: `rule ${entry.number}` })]
  }

  async #sealed(sealed: Omit<SealedFile, "settings">, ruled: Ruled): Promise<Finding[]> {
    const { file, text, document } = sealed
    this.sealed.push(sealedFacts(file, text, document, ruled.settings?.maxAgeDays ?? null))
    const rule = await this.#ruleOf(file, ruled)
    const found = metadataFindings(file, sealed)
    try {
      const byFile = await compileSelectors(document.metadata.selectors, { refuseInvalid: false })
      const byRule = rule === null ? null : await compiledRule(document, rule)
      found.push(...valueFindings(file, document, { byFile, byRule, comments: rule?.comments ?? "follow" }))
      if (rule !== null) found.push(...recipientFindings({ file, text, document, rule }))
      if (rule !== null && byRule !== null)
        found.push(...selectorFindings({ file, text, document, rule }, { byFile, byRule }))
    } catch (error) {
      // A pattern that is too long, or has too much to look at.
      if (!(error instanceof AppError)) throw error
      found.push(finding("TOO_LARGE", { file }, { subject: error.title, hint: error.hint }))
    }
    const hasRules = ruled.config !== null && ruled.config.rules !== null
    if (!hasRules && this.#options.configs.faults.length === 0) this.#hasNoConfig = true
    else if (hasRules && ruled.entry === null) found.push(finding("NO_RULE", { file }))
    for (const more of this.#options.more) found.push(...(await more({ ...sealed, settings: ruled.settings })))
    return found
  }

  #ruleOf(file: string, ruled: Ruled): Promise<Rule | null> {
    return this.#options.configs.ruleOf(this.#options.pathOf(file), ruled)
  }
}

type EncsBefore = () => Promise<(enc: string) => boolean>

/** Whether a version has a wrapped key, by a look at its bytes: reading it would take a hook as long as what is staged. */
function holdsEncs(bytes: Uint8Array | null): (enc: string) => boolean {
  if (bytes === null) return () => false
  const before = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return (enc) => {
    const mark = markOf(enc)
    return mark !== null && before.includes(mark)
  }
}

/** `sеcrets/a.yaml` with a Cyrillic letter is in no folder that a rule for `secrets/` names. */
function nameFindings(file: string): Finding[] {
  const subject = suspicionOf(file)
  return subject === null ? [] : [finding("NAME_SUSPECT", { file }, { subject })]
}

async function ruledFor({ configs, pathOf }: JudgeOptions, file: string): Promise<Ruled> {
  const path = pathOf(file)
  return (await configs.ruler(path))(path)
}

/** Files of one folder have one config. */
export function byFolder(files: readonly string[]): string[][] {
  const folders = new Map<string, string[]>()
  for (const file of files) {
    const folder = file.slice(0, file.lastIndexOf("/") + 1)
    const known = folders.get(folder)
    if (known === undefined) folders.set(folder, [file])
    else known.push(file)
  }
  return [...folders.values()]
}

/** A file that is one value has nothing to select. @returns `null` then */
async function compiledRule(document: SealedDocument, rule: Rule): Promise<CompiledSelectors | null> {
  if (document.format.isWhole === true) return null
  return compileSelectors(rule.selectors, { refuseInvalid: false })
}

const eachMax = 1_000

/** A file that somebody made to have a million findings shows so many per code, and one line that says so. */
function limited(found: readonly Finding[]): Finding[] {
  const counts = new Map<CheckCode, number>()
  const kept: Finding[] = []
  for (const each of found) {
    const count = (counts.get(each.code) ?? 0) + 1
    counts.set(each.code, count)
    if (count <= eachMax) kept.push(each)
  }
  for (const [code, count] of counts) {
    const last = found.find((each) => each.code === code)
    if (count > eachMax && last !== undefined) {
      kept.push(
        finding(code, { file: last.file }, { subject: `${count - eachMax} more places`, severity: last.severity }),
      )
    }
  }
  return kept
}
