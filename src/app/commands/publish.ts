import { basename, extname, join, relative } from "node:path"
import { keyContext } from "../machine.ts"
import { type LoadedFile, type OpenedFile, loadSealed, openLoaded, withFile } from "../open/open-file.ts"
import { emitOptions, treesOf } from "../open/print.ts"
import { type CommonOptions, type OrderOptions } from "../options.ts"
import { type Plan } from "../seal/plan.ts"
import { makeDataKey, sealNew } from "../seal/seal-new.ts"
import { type Outcome, type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import { type Destination, destinationFor } from "../../config/destination.ts"
import { compileSelectors } from "../../config/re2.ts"
import { type Rule } from "../../config/rule.ts"
import { type DestinationRule } from "../../config/sops-yaml.ts"
import { formatNames } from "../../core/format.ts"
import { type Recipient, type WrappedKey } from "../../core/recipient.ts"
import { noSelectors } from "../../core/select.ts"
import { utf8 } from "../../core/text.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat } from "../../formats/registry.ts"
import { absolute, factsOf } from "../../host/files.ts"
import { type Io } from "../../host/io.ts"
import { recipientName } from "../../keys/kinds.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"
import { usableThreshold } from "../../keys/wrap.ts"

interface PublishOptions extends CommonOptions, OrderOptions {
  /** A file, or with `recursive` a folder. */
  readonly path: string
  readonly recursive: boolean
  readonly omitExtensions: boolean
  readonly dialogue: PublishDialogue
}

/** The dialogue between two files; the command line has the words. */
interface PublishDialogue {
  /** The recipients of what is uploaded are not those of the file. */
  changes(groups: readonly GroupDifference[]): Promise<void>
  /** @param source - absolute */
  confirm(source: string, destination: string): Promise<boolean>
  canceled(source: string): Promise<void>
}

/**
 * `publish`: puts sealed files where the destination rules of the config say. Object stores get them sealed, Vault gets
 * their values. The first failure ends it.
 *
 * @throws {AppError} `NOT_CONFIRMED` when a single file is declined
 */
export async function publish(session: Session, options: PublishOptions): Promise<Outcome> {
  for (const path of filesBelow(session.io, options.path)) {
    await withFile(path, () => publishOne(session, path, options))
  }
  return {}
}

async function publishOne(session: Session, path: string, options: PublishOptions): Promise<void> {
  const settings = await loadSettings(session, path, options.config)
  if (settings.config === null) throw new AppError("CONFIG_UNREADABLE")
  const rules = { parse: parseRecipients, dialect: session.dialect.config }
  const destination = await destinationFor(settings.config, path, rules)
  const loaded = await loadSealed(session, { source: path, inputType: undefined, config: options.config })
  const name = nameOf(path, options, destination)
  const upload = await uploadOf(session, { loaded, name, destination }, options)
  const source = absolute(session.io, path)
  if (!(await options.dialogue.confirm(source, upload.shown))) {
    if (options.recursive) return options.dialogue.canceled(source)
    throw new AppError("NOT_CONFIRMED", {}, { asUpstream: `Publication of ${source} canceled` })
  }
  await upload.send()
}

export function isFolder({ io }: Session, path: string): boolean {
  return factsOf(io, path)?.kind === "folder"
}

interface Item {
  readonly loaded: LoadedFile
  readonly name: string
  readonly destination: Destination
}

/** Prepares what goes out before asking, so that nothing but a yes is missing. */
async function uploadOf(session: Session, item: Item, options: PublishOptions): Promise<Upload> {
  const { loaded, name, destination } = item
  const { rule, recreation } = destination
  const target = { session, rule, name, file: loaded.file }
  if (rule.vaultPath !== "") {
    const file = await openLoaded(session, loaded, { decryptionOrder: options.decryptionOrder, valuesOnly: true })
    try {
      return await uploadTo(target, await vaultJson(session, file))
    } finally {
      file.dataKey.wipe()
    }
  }
  const keys = recreationKeys(recreation)
  if (keys === null) return uploadTo(target, loaded.original())
  const file = await openLoaded(session, loaded, options)
  try {
    const groups = groupDifferences(loaded.document.metadata.groups, keys.groups)
    if (groups.some(({ added, removed }) => added.length + removed.length > 0)) await options.dialogue.changes(groups)
    return await uploadTo(target, await recreate(session, file, keys))
  } finally {
    file.dataKey.wipe()
  }
}

/**
 * The name after the prefix. With `--recursive`, upstream calls a single file ".", and one that is all
 * extension, like `.env`, nothing; here both keep their names.
 */
function nameOf(path: string, options: PublishOptions, { rule }: Destination): string {
  const below = options.recursive ? relative(options.path, path).replaceAll("\\", "/") : ""
  const name = below === "" ? basename(path) : below
  return options.omitExtensions || rule.omitExtensions ? name.slice(0, name.length - extname(name).length) : name
}

/**
 * Everything below a folder that is not a folder itself, in the order of the names; links are not followed. A file is
 * itself.
 *
 * @see Go's filepath.Walk
 */
function* filesBelow(io: Io, path: string): Generator<string> {
  const waiting = [path]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const place = absolute(io, at)
    const folder = at
    if (io.fs.lstat(place).kind !== "folder") yield at
    else {
      const names = io.fs.list(place).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      waiting.push(...names.map((name) => join(folder, name)).reverse())
    }
  }
}

/**
 * The values of a file as one JSON object: those of all its documents, where the last of a name counts. Upstream leaves
 * mappings inside lists in a form that nobody can read; here they are objects as everywhere else.
 *
 * @see sops v3.13.2 sops.go, EmitAsMap
 */
async function vaultJson(session: Session, file: OpenedFile): Promise<string> {
  const values = new Map<string, Tree>()
  for (const root of treesOf(session, file)) {
    if (root.type !== "map") continue
    for (const entry of root.entries) if (entry.type === "entry") values.set(entry.key, entry.value)
  }
  const entries = [...values].map(([key, value]) => ({ type: "entry", key, value }) as const)
  return (await loadFormat("json")).emit([{ type: "map", entries }], {})
}

/** Names of recipients, in upstream's order. */
interface GroupDifference {
  readonly common: readonly string[]
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/** Groups are compared by their position. @see sops v3.13.2 cmd/sops/common/common.go, DiffKeyGroups */
function groupDifferences(
  before: readonly (readonly WrappedKey[])[],
  after: readonly (readonly Recipient[])[],
): GroupDifference[] {
  return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => {
    const old = (before[index] ?? []).map(({ recipient }) => recipientName(recipient))
    const fresh = (after[index] ?? []).map(recipientName)
    const [had, has] = [new Set(old), new Set(fresh)]
    return {
      common: fresh.filter((name) => had.has(name)),
      added: fresh.filter((name) => !had.has(name)),
      removed: old.filter((name) => !has.has(name)),
    }
  })
}

/** A recreation rule without recipients does nothing, as in upstream. */
function recreationKeys(recreation: Rule | null): Rule | null {
  return (recreation?.groups[0] ?? []).length === 0 ? null : recreation
}

/**
 * Seals an opened file again for the recipients of a recreation rule. Of what selects values, only the two suffixes of
 * the rule count, and nothing from the file: this is upstream's way.
 *
 * @see sops v3.13.2 cmd/sops/subcommand/publish/publish.go
 */
async function recreate(session: Session, file: OpenedFile, rule: Rule): Promise<Uint8Array> {
  const { unencryptedSuffix, encryptedSuffix } = rule.selectors
  const selectors = { ...noSelectors, unencryptedSuffix, encryptedSuffix }
  const plan: Plan = {
    groups: rule.groups,
    threshold: usableThreshold(rule.groups, rule.threshold),
    selectors,
    compiled: await compileSelectors(selectors, { refuseInvalid: false }),
    macOnlyEncrypted: false,
    rule: file.settings.rule,
  }
  const { format, metadata } = file.document
  const key = await makeDataKey(session, plan, file.file)
  try {
    await session.audit?.("encrypt", file.file)
    const content = {
      bytes: file.opened.bytes,
      format: format.name,
      container: formatNames.find((name) => name === metadata.container) ?? null,
      indent: (await emitOptions(file, format.name, undefined)).indent,
      allowClearAlias: true,
      allowEmptySelection: true,
    }
    return utf8.encode((await sealNew(session, plan, content, key)).text)
  } finally {
    key.dataKey.wipe()
  }
}

/** Something ready to be sent. */
interface Upload {
  /** Where to, for people. */
  readonly shown: string
  send(): Promise<void>
}

interface Target {
  readonly session: Session
  readonly rule: DestinationRule
  /** Of the object or secret, after the prefix or path. */
  readonly name: string
  /** The source. */
  readonly file: string | null
}

/** @param content - the bytes of an object, or the JSON of a secret */
async function uploadTo(target: Target, content: Uint8Array | string): Promise<Upload> {
  const { session, rule, name, file } = target
  const context = keyContext(session, [file])
  if (typeof content === "string") return toVault(target, content)
  if (rule.s3Bucket !== "") {
    const { putS3 } = await import("../../publish/s3.ts")
    const object = { bucket: rule.s3Bucket, prefix: rule.s3Prefix, name, bytes: content }
    return { shown: `s3://${rule.s3Bucket}/${rule.s3Prefix}${name}`, send: () => putS3(object, context) }
  }
  const { putGcs } = await import("../../publish/gcs.ts")
  const object = { bucket: rule.gcsBucket, prefix: rule.gcsPrefix, name, bytes: content }
  return { shown: `gcs://${rule.gcsBucket}/${rule.gcsPrefix}${name}`, send: () => putGcs(object, context) }
}

async function toVault({ session, rule, name, file }: Target, json: string): Promise<Upload> {
  const { putVault, vaultPlace } = await import("../../publish/vault-kv.ts")
  const context = keyContext(session, [file])
  const place = {
    address: rule.vaultAddress,
    mount: rule.vaultMount,
    path: rule.vaultPath,
    version: rule.vaultVersion === 1 ? 1 : 2,
  }
  const { address, path } = vaultPlace(place, name, context)
  const say = (level: "warning" | "info", text: string): void => session.log?.({ level, logger: "PUBLISH", text })
  return {
    shown: `${address}/v1/${path}`,
    async send() {
      const isWritten = await putVault({ ...place, name, json }, context, () => {
        const rest = "New version will be created even if the data has not been changed."
        say("warning", `Cannot check if destination secret already exists in ${path}. ${rest}`)
      })
      if (!isWritten) say("info", `Secret in ${path} is already up-to-date.\n`)
    },
  }
}
