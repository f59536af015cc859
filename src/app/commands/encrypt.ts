import { dirname } from "node:path"
import { saySealed } from "../report/sealed-line.ts"
import { recipientKey } from "../../keys/kinds.ts"
import { type FormatName } from "../../core/format.ts"
import { type Sealed } from "../../core/seal.ts"
import { decodeText, equalBytes, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { absolute, isBySystem, isRegularFile } from "../../host/files.ts"
import { gitTop } from "../../host/surroundings.ts"
import { emitOptions } from "../open/print.ts"
import { readPlain } from "../open/read-text.ts"
import { openLoaded, loadSealed, type LoadedFile, readSource, withFile } from "../open/open-file.ts"
import {
  type ClearOptions,
  type CommonOptions,
  type IndentOptions,
  type OrderOptions,
  type RecipientOptions,
  type SelectorOptions,
  type Source,
  type TargetOptions,
  type TypeOptions,
} from "../options.ts"
import { sayDeparture, sayShadowedRules } from "../report/rule-notices.ts"
import { sayReading } from "../report/reading.ts"
import { putResult } from "../report/put-result.ts"
import { forEachFile } from "../each-file.ts"
import { formatByName, isContainer, isForeignJson, plainFormatByName } from "../open/read-as.ts"
import { converted } from "../seal/converted.ts"
import { type PlanByRule, planFor } from "../seal/plan.ts"
import { guardClear } from "../seal/clear-guard.ts"
import { makeDataKey, sealNew } from "../seal/seal-new.ts"
import { sealOver } from "../seal/seal-over.ts"
import { type Outcome, type Session } from "../session.ts"
import { type FileSettings, loadSettings } from "../settings.ts"
import { refuseDamaged } from "../open/damage.ts"
import { sayWarnings } from "../report/warnings.ts"

export interface EncryptOptions
  extends
    CommonOptions,
    TypeOptions,
    IndentOptions,
    TargetOptions,
    RecipientOptions,
    SelectorOptions,
    ClearOptions,
    OrderOptions {
  readonly files: readonly Source[]
  readonly container: boolean
  readonly forceNew: boolean
}

/** `encrypt`: seals plain files. */
export async function encryptFiles(session: Session, options: EncryptOptions): Promise<Outcome> {
  const sealed: string[] = []
  const outcome = await forEachFile(session, "sealing", options.files, async (inner, source) => {
    const done = await withFile(source, () => encryptOne(inner, source, options))
    if (source !== null) sealed.push(source)
    return done
  })
  // Many files share a folder.
  const folders = new Set(sealed.map((file) => dirname(absolute(session.io, file))))
  if (session.dialect.warns && [...folders].some((folder) => gitTop(session.io, folder) !== null)) {
    const { notePastPlaintext } = await import("../git/past-plaintext.ts")
    await notePastPlaintext(session, sealed)
  }
  return outcome
}

async function encryptOne(session: Session, source: Source, options: EncryptOptions): Promise<Outcome> {
  const name = options.filenameOverride ?? source
  if (name === null && session.dialect.sealing.needsName) throw new AppError("NAME_MISSING")
  const settings = await loadSettings(session, name, options.config)
  await sayShadowedRules(session, settings.config)
  const format = plainFormatByName(session, name, options.inputType, settings.rule.inputType)
  // Upstream judges config and options before it reads the file.
  const plan = session.dialect.sealing.plansFirst ? await planFor(session, settings, options, format) : null
  const read = await readSource(session, source)
  const { facts } = read
  const bytes = readPlain(session, read.bytes, { file: source, format })
  const isContained = options.container || settings.rule.container
  if (session.dialect.sealing.refusesSealed) {
    await refuseDamaged({ bytes, format, isOpaque: isContained || options.inputType === "binary" })
  }
  const isTold = options.inputType !== undefined || format !== "binary"
  const input = { source, bytes, format, isTold, settings, name, plan }
  const over =
    options.inPlace || options.output === undefined || options.forceNew || !session.dialect.sealing.keepsTokensOfOutput
      ? null
      : await sealedTarget(session, options)
  session.meter?.begin(bytes.length)
  const sealed: Sealed & Partial<SealedByPlan> =
    over === null ? await sealFresh(session, input, options) : await sealOnto(session, over, input, options)
  if (over === null) sayWarnings(session, source, sealed.warnings)
  if (over !== null && equalBytes(over.original(), utf8.encode(sealed.text))) return {}
  const outcome = await putResult(session, options, {
    content: sealed.text,
    file: source,
    original: facts === null ? null : () => read.bytes,
    outputBefore: over?.original,
    mode: "kept",
  })
  const isAsked = options.inputType !== undefined
  const isRuled = settings.rule.inputType !== null
  sayReading(session, { name, format, isAsked, isRuled, isContained, bytes })
  await saySealed(session, source, sealed, settings, { target: targetText(options, source) })
  if (sealed.plan !== undefined) await sayDeparture(session, source, { ...sealed, plan: sealed.plan }, settings)
  return outcome
}

/** Where the result went, if not into the file itself. */
function targetText({ inPlace, output }: EncryptOptions, source: Source): string {
  if (inPlace && source !== null) return ""
  return output === undefined ? " to standard output" : ` into ${output}`
}

interface Input {
  readonly source: Source
  readonly bytes: Uint8Array
  readonly format: FormatName
  /** `false`: nothing names a format, and `binary` stands for that. */
  readonly isTold: boolean
  readonly settings: FileSettings
  readonly name: string | null
  /** `null`: not made yet. */
  readonly plan: PlanByRule | null
}

interface SealedByPlan extends Sealed {
  readonly plan: PlanByRule
}

async function sealFresh(
  session: Session,
  { source, bytes, format, settings, name, ...input }: Input,
  options: EncryptOptions,
): Promise<SealedByPlan> {
  const isContained = options.container || settings.rule.container
  const to = isContained ? "binary" : sealedFormat(session, { format, name }, options)
  const plan = input.plan ?? (await planFor(session, settings, options, to))
  const { allowsAnySelection } = session.dialect.sealing
  const file = {
    format: to,
    container: isContained ? format : null,
    indent: (await emitOptions({ settings }, to, options.indent)).indent,
    allowClearAlias: options.allowClearAlias || allowsAnySelection,
    allowEmptySelection: options.allowEmptySelection || allowsAnySelection,
  }
  const isYamlTold = !isContained && options.inputType === "yaml" && options.outputType === "yaml"
  const change = {
    from: isContained ? to : format,
    to,
    isForeign: isYamlTold && (await isForeignJson(decodeText(bytes) ?? "", name)),
    compiled: plan.compiled,
    allowClearAlias: file.allowClearAlias,
  }
  return converted(bytes, change, async (content, told) => {
    const key = await makeDataKey(session, plan, name)
    try {
      await session.audit?.("encrypt", source)
      const sealed = await sealNew(session, plan, { ...file, bytes: content, told }, key)
      await guardClear(session, source, sealed.opened, { ...options, isPiped: isPiped(options) }, null)
      return { ...sealed, plan }
    } finally {
      key.dataKey.wipe()
    }
  })
}

function isPiped({ inPlace, output }: EncryptOptions): boolean {
  return !inPlace && output === undefined
}

/** The format to seal in without `--output-type`: what the input is, or what its name says. */
function sealedFormat(
  { dialect: { files } }: Session,
  { format, name }: Pick<Input, "format" | "name">,
  { outputType }: EncryptOptions,
): FormatName {
  const to = outputType ?? (files.outputType === "by name" ? formatByName(name, undefined, null) : format)
  // Upstream's container is a JSON document; what has values of its own is sealed value by value in it.
  return files.binaryContainer === "json" && to === "binary" && format !== "binary" ? "json" : to
}

/** The file that `--output` names, if it exists and is sealed: then its tokens are kept. */
async function sealedTarget(session: Session, options: EncryptOptions): Promise<LoadedFile | null> {
  const output = options.output!
  if (isBySystem(output) || !isRegularFile(session.io, output)) return null
  try {
    return await loadSealed(session, { source: output, inputType: options.outputType, config: options.config })
  } catch (error) {
    if (error instanceof AppError && error.code === "NOT_SEALED") return null
    throw error
  }
}

async function sealOnto(session: Session, target: LoadedFile, input: Input, options: EncryptOptions): Promise<Sealed> {
  const file = await openLoaded(session, target, options).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== "DATA_KEY") throw error
    throw new AppError(error.code, error.where, {
      ...error.detail,
      hint: "seal it under a new data key with --force-new",
    })
  })
  try {
    const to = file.document.format.name
    // What a container held whole goes back whole.
    const from = to !== "binary" && (input.isTold || isContainer(file.document)) ? input.format : to
    const { compiled } = file
    return await converted(
      input.bytes,
      { from, to, compiled, allowClearAlias: options.allowClearAlias },
      async (content, told) => {
        await noticeDrift(session, file, options)
        const sealed = await sealOver(session, file, content, { ...options, told })
        await guardClear(session, input.source, sealed.opened, options, file.opened)
        return sealed
      },
    )
  } finally {
    file.dataKey.wipe()
  }
}

/** The recipients of the target stay; if the rule names others, a notice says so. */
async function noticeDrift(session: Session, file: LoadedFile, options: EncryptOptions): Promise<void> {
  const plan = await planFor(session, file.settings, options, file.document.format.name).catch(() => null)
  if (plan === null) return
  const text = (groups: readonly (readonly string[])[]): string =>
    JSON.stringify(groups.map((group) => [...group].sort()))
  const inFile = text(
    file.document.metadata.groups.map((group) => group.map(({ recipient }) => recipientKey(recipient))),
  )
  const inRule = text(plan.groups.map((group) => group.map(recipientKey)))
  if (inFile !== inRule)
    session.notice(`${file.file ?? "the file"}: its recipients stay as they are, but the rule names others`)
}
