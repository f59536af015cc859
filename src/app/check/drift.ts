import { personOf, type Rule } from "../../config/rule.ts"
import { type SealedDocument } from "../../core/document.ts"
import { type Recipient } from "../../core/recipient.ts"
import { type CompiledSelectors, ruleOf, type Selectors } from "../../core/select.ts"
import { lineAt } from "../../core/text.ts"
import { unreadableIn } from "../recipients/entry-names.ts"
import { asInFile, neededOf } from "../recipients/key-plan.ts"
import { type Finding, finding } from "./finding.ts"
import { metadataLine } from "./sealed-text.ts"
import { compareSelections } from "./values.ts"
import { recipientName, recipientKey } from "../../keys/kinds.ts"

/** A sealed file, as far as it is compared with the rule that names it. */
interface Compared {
  readonly file: string
  readonly text: string
  readonly document: SealedDocument
  readonly rule: Rule
}

/** Where the metadata of a file and its rule differ. Nothing of it is authenticated, so anybody may have changed it. */
export function recipientFindings({ file, text, document, rule }: Compared): Finding[] {
  // Such a rule chooses values alone, and who opens them is said elsewhere: on the command line, in a variable.
  if (rule.groups.flat().length === 0) return []
  const { groups, threshold } = document.metadata
  const inFile = groups.map((group) => group.map(({ recipient }) => recipient))
  const known = inFile.flat()
  const inRule = rule.groups.map((group) => group.map((recipient) => asInFile(recipient, known)))
  const missing = without(inRule.flat(), known)
  const extra = without(known, inRule.flat())
  const differs = missing.length > 0 || extra.length > 0
  const unreadable: ReadonlyMap<Recipient, string> = differs ? unreadableIn(groups) : new Map()
  const called = (recipient: Recipient): string =>
    unreadable.get(recipient) ?? personOf(rule.people, recipient) ?? recipientName(recipient)
  const line = metadataLine(text)
  const found: Finding[] = [
    ...missing.map((recipient) =>
      finding("RECIPIENT_MISSING", { file, line, recipient: recipientName(recipient) }, { subject: called(recipient) }),
    ),
    ...extra.map((recipient) => {
      const at = unreadable.has(recipient) ? -1 : text.indexOf(recipientName(recipient))
      const name = unreadable.get(recipient) ?? recipientName(recipient)
      const place = { file, line: at === -1 ? line : lineAt(text, at), recipient: name }
      return finding("RECIPIENT_EXTRA", place, { subject: called(recipient) })
    }),
  ]
  const hasGroups = inFile.length > 1 || inRule.length > 1
  if (hasGroups && groupsText(inFile, extra) !== groupsText(inRule, missing)) {
    found.push(
      finding(
        "GROUPS_DRIFT",
        { file, line },
        { subject: `${count(inFile)} in the file, ${count(inRule)} in the rule` },
      ),
    )
  }
  const [here, there] = [neededOf(inFile.length, threshold), neededOf(inRule.length, rule.threshold)]
  if (here !== there) {
    found.push(finding("THRESHOLD_DRIFT", { file, line }, { subject: `${here} in the file, ${there} in the rule` }))
  }
  return found
}

function count(groups: readonly unknown[]): string {
  return `${groups.length} ${groups.length === 1 ? "group" : "groups"}`
}

function without(recipients: readonly Recipient[], others: readonly Recipient[]): Recipient[] {
  const known = new Set(others.map(recipientKey))
  const left = new Map(recipients.map((each) => [recipientKey(each), each]))
  return [...left].filter(([key]) => !known.has(key)).map(([, each]) => each)
}

/** How recipients are divided, whatever the order, and without those on one side alone. */
function groupsText(groups: readonly (readonly Recipient[])[], apart: readonly Recipient[]): string {
  const sets = groups.map((group) =>
    without(group, apart)
      .map((each) => recipientKey(each))
      .sort()
      .join("\n"),
  )
  return JSON.stringify(sets.sort())
}

/** Selectors, and what the MAC covers. */
export function selectorFindings(
  { file, text, document, rule }: Compared,
  compiled: { readonly byFile: CompiledSelectors; readonly byRule: CompiledSelectors },
): Finding[] {
  const { selectors, macOnlyEncrypted } = document.metadata
  const place = { file, line: metadataLine(text) }
  const found: Finding[] = []
  const [here, there] = [ruleOf(selectors), ruleOf(rule.selectors)]
  if (here.rule !== there.rule || here.text !== there.text) {
    const subject = `${selectorText(selectors)} in the file, ${selectorText(rule.selectors)} in the rule`
    const severity = sealsMore(document, compiled) ? "warning" : "error"
    found.push(finding("SELECTOR_DRIFT", place, { subject, severity }))
  }
  if (macOnlyEncrypted !== rule.macOnlyEncrypted) {
    const subject = macOnlyEncrypted
      ? "the file leaves clear values out of its MAC, and the rule does not say so"
      : "the rule leaves clear values out of the MAC, and the file's covers them"
    found.push(finding("MAC_ONLY_DRIFT", place, { subject, severity: macOnlyEncrypted ? "error" : "warning" }))
  }
  return found
}

/** The file is on the safe side: it seals what the rule seals, and more, or everything that is not excepted. */
function sealsMore(
  document: SealedDocument,
  compiled: { readonly byFile: CompiledSelectors; readonly byRule: CompiledSelectors },
): boolean {
  const { onlyFile, onlyRule } = compareSelections(document, compiled)
  if (onlyRule > 0) return false
  const isException = ({ rule }: CompiledSelectors): boolean => rule.startsWith("unencrypted")
  return onlyFile > 0 || (isException(compiled.byFile) && !isException(compiled.byRule))
}

/** As it is in metadata: `encrypted_regex "^data$"`. */
export function selectorText(selectors: Selectors): string {
  const { rule, text } = ruleOf(selectors)
  return `${rule.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} ${JSON.stringify(text)}`
}

/** What decides which values are sealed, and which of them the MAC covers. */
export function saidBy({ selectors, macOnlyEncrypted }: Pick<Rule, "selectors" | "macOnlyEncrypted">): string {
  return `${selectorText(selectors)}${macOnlyEncrypted ? " (with a MAC of sealed values only)" : ""}`
}
