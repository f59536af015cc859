import { compileSelectors } from "../../config/re2.ts"
import { type Rule } from "../../config/rule.ts"
import { type RuleSettings } from "../../config/defaults.ts"
import { type FormatName, type MetaMap } from "../../core/format.ts"
import { Cipher } from "../../core/gcm.ts"
import { writeGroups } from "../../core/metadata-keys.ts"
import { type Recipient } from "../../core/recipient.ts"
import { seal, type Sealed, type SealOptions } from "../../core/seal.ts"
import { sealBinary } from "../../core/seal-binary.ts"
import { SecretBytes } from "../../core/secret.ts"
import { type CompiledSelectors, type Selectors } from "../../core/select.ts"
import { type Site } from "../../core/site.ts"
import { decodeText, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat } from "../../formats/registry.ts"
import { usableThreshold, wrapDataKey } from "../../keys/wrap.ts"
import { sopsVersion } from "../../version.ts"
import { servicesOf } from "../recipients/key-services.ts"
import { keyContext } from "../machine.ts"
import { type RecipientOptions, type SelectorOptions } from "../options.ts"
import { namesRecipients, recipientsOf, withContext } from "../recipients/recipients.ts"
import { type Session } from "../session.ts"
import { type FileSettings } from "../settings.ts"

/** How a new file is to be sealed. */
export interface Plan {
  readonly groups: readonly (readonly Recipient[])[]
  readonly threshold: number
  readonly selectors: Selectors
  readonly compiled: CompiledSelectors
  readonly macOnlyEncrypted: boolean
  readonly rule: RuleSettings
}

/**
 * What options and configuration say about a new file. Options win over the rule, setting by setting; recipients win
 * as a whole.
 *
 * @throws {AppError} `NO_RECIPIENT` when nobody is named; `OPTIONS_CONFLICT` for two selectors; the config's own errors
 */
export async function planFor(
  session: Session,
  settings: FileSettings,
  options: RecipientOptions & SelectorOptions,
  format: FormatName,
): Promise<Plan> {
  const decided = session.dialect.sealing
  // In upstream's order: the rule, what it selects, and then for whom.
  const rule = await sealingRule(session, settings, namesRecipients(options))
  const selectors = selectorsOf(options, rule)
  // A binary file is one value, and no rule selects parts of it.
  const isBinary = format === "binary"
  if (isBinary && decided.binarySelectors === "warned of") warnOfSelectors(session, selectors)
  else checkOneSelector(selectors)
  const named = recipientsOf(options)
  const ruled = rule?.groups ?? []
  const groups =
    named !== null ? [named] : decided.addsContextToRules ? withContext(ruled, options.encryptionContext) : ruled
  const threshold = options.shamirSecretSharingThreshold ?? rule?.threshold ?? 0
  if (groups.length === 0) throw nobody(settings, rule)
  return {
    groups,
    threshold: usableThreshold(groups, threshold),
    selectors: isBinary ? noneOf(selectors) : selectors,
    compiled: await compileSelectors(isBinary ? noneOf(selectors) : selectors, {
      refuseInvalid: session.dialect.config.refusesBadPatterns,
    }),
    macOnlyEncrypted: !isBinary && (options.macOnlyEncrypted || (rule?.macOnlyEncrypted ?? false)),
    rule: rule ?? settings.rule,
  }
}

function nobody({ searched }: FileSettings, rule: Rule | null): AppError {
  if (rule === null) {
    const [nearest, top] = [searched[0], searched.at(-1)]
    if (nearest === undefined) return new AppError("NO_RECIPIENT")
    const place = nearest === top ? nearest : `${nearest} and above, up to ${top}`
    return new AppError("NO_RECIPIENT", {}, { notes: [`there is no .sopsrc or .sops.yaml with rules in ${place}`] })
  }
  const { file, line } = rule.source
  return new AppError(
    "NO_RECIPIENT",
    {},
    {
      notes: [`the rule in line ${line} of ${file} names none`],
      hint: "name them in that rule, or with --age and its kin",
    },
  )
}

/** With recipients on the command line a config without a matching rule does no harm, but upstream stops there. */
async function sealingRule(session: Session, settings: FileSettings, isNamed: boolean): Promise<Rule | null> {
  try {
    return await settings.sealingRule()
  } catch (error) {
    const isEnough = isNamed && !session.dialect.sealing.needsRuleBesideOptions
    if (isEnough && error instanceof AppError && error.code === "CONFIG_NO_RULE") return null
    throw error
  }
}

function selectorsOf(options: SelectorOptions, rule: Rule | null): Selectors {
  const pick = (name: keyof Selectors): string => {
    const option = options[name]
    return option === undefined || option === "" ? (rule?.selectors[name] ?? "") : option
  }
  return {
    unencryptedSuffix: pick("unencryptedSuffix"),
    encryptedSuffix: pick("encryptedSuffix"),
    unencryptedRegex: pick("unencryptedRegex"),
    encryptedRegex: pick("encryptedRegex"),
    unencryptedCommentRegex: pick("unencryptedCommentRegex"),
    encryptedCommentRegex: pick("encryptedCommentRegex"),
  }
}

function checkOneSelector(selectors: Selectors): void {
  if (Object.values(selectors).filter((text) => text !== "").length > 1) {
    throw new AppError("OPTIONS_CONFLICT", {}, { subject: "more than one rule selects what is encrypted" })
  }
}

const selectorNames: readonly (readonly [keyof Selectors, string])[] = [
  ["unencryptedSuffix", "an unencrypted suffix"],
  ["encryptedSuffix", "an encrypted suffix"],
  ["encryptedRegex", "an encrypted regex"],
  ["unencryptedRegex", "an unencrypted regex"],
  ["encryptedCommentRegex", "an encrypted comment regex"],
]

/** Upstream says that it ignores them. */
function warnOfSelectors(session: Session, selectors: Selectors): void {
  for (const [key, name] of selectorNames) {
    if (selectors[key] === "") continue
    const text = `Using ${name} does not make sense with the input store, since a binary file is one value: it is ignored.`
    session.log?.({ level: "warning", logger: "CMD", text })
  }
}

function noneOf(selectors: Selectors): Selectors {
  return Object.fromEntries(Object.keys(selectors).map((name) => [name, ""])) as unknown as Selectors
}

/** A fresh data key, wrapped for everybody that the plan names. */
export async function makeDataKey(
  session: Session,
  { groups, threshold }: Plan,
  file: string | null,
): Promise<{ dataKey: SecretBytes; keys: MetaMap }> {
  const dataKey = new SecretBytes(Uint8Array.from(session.io.randomBytes(32)))
  try {
    const wrapped = await wrapDataKey(dataKey, groups, threshold, {
      context: keyContext(session, [file], () => groups.flat()),
      services: servicesOf(session),
      now: session.io.now(),
    })
    return { dataKey, keys: writeGroups(wrapped, threshold) }
  } catch (error) {
    dataKey.wipe()
    throw error
  }
}

export interface NewFile {
  readonly bytes: Uint8Array
  readonly format: FormatName
  /** The format that the content has, when it is put whole into the binary container; else `null`. */
  readonly container: FormatName | null
  readonly indent: number | undefined
  readonly allowClearAlias: boolean
  readonly allowEmptySelection: boolean
}

/** Seals a file that was not sealed before. */
export async function sealNew(
  session: Session,
  plan: Plan,
  file: NewFile,
  key: { dataKey: SecretBytes; keys: MetaMap },
): Promise<Sealed> {
  return sealAs(file, {
    cipher: new Cipher(key.dataKey),
    selectors: plan.selectors,
    compiled: plan.compiled,
    macOnlyEncrypted: plan.macOnlyEncrypted,
    keys: key.keys,
    version: sopsVersion,
    now: session.io.now(),
    previous: null,
    structure: plan.rule.structure !== "off",
    layoutMemo: plan.rule.layoutMemo !== "never",
    container: file.container ?? "",
    allowClearAlias: file.allowClearAlias,
    allowEmptySelection: file.allowEmptySelection,
    indent: file.indent,
  })
}

/** Seals bytes in a format; anything goes into `binary`. @throws {AppError} `NOT_UTF8` for text that is none */
export async function sealAs(
  { bytes, format: name }: Pick<NewFile, "bytes" | "format">,
  options: SealOptions,
): Promise<Sealed> {
  const format = await loadFormat(name)
  if (name === "binary") return sealBinary(format, bytes, options)
  const text = decodeText(bytes)
  if (text === null) throw new AppError("NOT_UTF8")
  const scan = options.scan ?? format.scan(text)
  const isForOperator = isSopsSecret(scan.sites)
  return seal(format, text, {
    ...options,
    scan,
    structure: options.structure && !isForOperator,
    layoutMemo: options.layoutMemo && !isForOperator,
  })
}

/** The operator's resource definition knows upstream's metadata fields and rejects all others. */
function isSopsSecret(sites: readonly Site[]): boolean {
  return sites.some(
    ({ item, scalar }) =>
      item.key === "kind" &&
      item.parent?.parent === null &&
      scalar !== null &&
      utf8.decode(scalar.bytes) === "SopsSecret",
  )
}
