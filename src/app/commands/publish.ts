import { basename, extname, join, relative } from "node:path"
import { type LoadedFile, type OpenedFile, loadSealed, openLoaded, withFile } from "../open/open-file.ts"
import { treesOf } from "../open/print.ts"
import { type CommonOptions, type OpenOptions } from "../options.ts"
import { type GroupDifference, groupDifferences, recreate, recreationKeys } from "../publish/publish-recreate.ts"
import { type Upload, uploadTo } from "../publish/publish-upload.ts"
import { type Outcome, type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"
import { type Destination, destinationFor } from "../../config/destination.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { loadFormat } from "../../formats/registry.ts"
import { absolute, factsOf } from "../../host/files.ts"
import { type Io } from "../../host/io.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"

export interface PublishOptions extends CommonOptions, OpenOptions {
  /** A file, or with `recursive` a folder. */
  readonly path: string
  readonly recursive: boolean
  readonly omitExtensions: boolean
  readonly dialogue: PublishDialogue
}

/** The dialogue between two files; the command line has the words. */
export interface PublishDialogue {
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
  if (keys === null) return uploadTo(target, loaded.original)
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
