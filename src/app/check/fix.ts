import { join, relative, sep } from "node:path"
import { type CheckCode, type Finding } from "./finding.ts"
import { type CheckScope, runCheck } from "./run-check.ts"
import { checkedBytesMax } from "./sealed-text.ts"
import { ofIndexOnly } from "./source.ts"
import { isClear } from "./values.ts"
import { type EncryptOptions, encryptFiles } from "../commands/encrypt.ts"
import { openRepository } from "../git/open-repository.ts"
import { writeStaged } from "../git/stage.ts"
import { loadSealed, openLoadedUnverified, withFile } from "../open/open-file.ts"
import { readAs } from "../open/read-as.ts"
import { planKeys } from "../recipients/key-plan.ts"
import { rewrap, unwrapOnce } from "../recipients/rewrap.ts"
import { sealOver } from "../seal/seal-over.ts"
import { type Session } from "../session.ts"
import { compileSelectors } from "../../config/re2.ts"
import { type SealedDocument } from "../../core/document.ts"
import { Cipher } from "../../core/gcm.ts"
import { acceptUnverified, isSealedComment, open } from "../../core/open.ts"
import { AadPaths } from "../../core/path.ts"
import { scalarText } from "../../core/scalar.ts"
import { type CompiledSelectors, select } from "../../core/select.ts"
import { type Site, countedSites, fullPath } from "../../core/site.ts"
import { splice } from "../../core/splice.ts"
import { decodeText, equalBytes, utf8 } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { shellWord, shown } from "../../errors/display.ts"
import { readOptionalFile, realPathOf } from "../../host/files.ts"
import { Blobs } from "../../host/git/blobs.ts"
import { type Git, notUtf8 } from "../../host/git/git.ts"
import { listIndex, listTree } from "../../host/git/listing.ts"
import { findRevision } from "../../host/git/repository.ts"
import { writeAtomic } from "../../host/write-atomic.ts"
import { forEachOption, recipientName } from "../../keys/kinds.ts"

/** What can be fixed without a decision by people. Nobody is added, and nothing is opened. */
const mended: ReadonlySet<CheckCode> = new Set(["PLAINTEXT_FILE", "VALUE_CLEAR", "RECIPIENT_EXTRA"])

/**
 * Seals plain files by their rule and clear values under the data key of their file, and takes out recipients that the
 * rule does not name. With `staged` the file is staged again, unless the work tree holds something else than the index:
 * then it is only named.
 */
export async function fixFindings(session: Session, options: CheckScope): Promise<void> {
  const { report, top } = await runCheck(session, { ...options, verify: false })
  const byFile = new Map<string, Finding[]>()
  for (const each of report.findings) {
    if (mended.has(each.code)) byFile.set(each.file, [...(byFile.get(each.file) ?? []), each])
  }
  if (byFile.size === 0) return
  const clone = options.staged || (await isInGit(session)) ? await openClone(session, [...byFile.keys()]) : null
  const { io } = session
  const here = realPathOf(io, io.cwd) ?? io.cwd
  for (const [file, findings] of byFile) {
    const whole = join(top, ...file.split("/"))
    // As it can be given to the next command. What lies above a folder that a link leads to has no such name.
    const name = relative(here, whole)
    const path = here === io.cwd ? name : whole
    const named = name.replaceAll(sep, "/")
    if (file.includes(notUtf8)) {
      session.notice(`${named}: not mended, since its name is not UTF-8`)
      continue
    }
    const mark = options.staged ? undefined : clone?.ofIndex.get(file)
    if (mark !== undefined) {
      const how = `git update-index --no-${mark} ${shellWord(named)}`
      session.notice(`${shown(named)}: not mended, since git was told to take it from the index: ${how}, then again`)
      continue
    }
    try {
      if (options.staged && !(await clone!.isAsStaged(file, path))) {
        session.notice(`${named}: not mended, since the work tree holds another version than the index`)
        continue
      }
      const base = (await clone?.baseOf(file)) ?? null
      const mending = (): Promise<void> => mend(session, options, { path, findings, base })
      await (options.staged ? writeStaged(session, clone!.git, file, mending) : mending())
      session.notice(`${named}: ${wordsFor(findings)}`)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      session.notice(`${named}: not mended: ${error.message} [${error.code}]`)
      for (const note of error.detail.notes ?? []) session.notice(`${named}: ${note}`)
    }
  }
  await clone?.close()
}

function wordsFor(findings: readonly Finding[]): string {
  const has = (code: CheckCode): boolean => findings.some((each) => each.code === code)
  const words = [
    ...(has("PLAINTEXT_FILE") ? ["sealed"] : []),
    ...(has("VALUE_CLEAR") ? ["values in the clear are sealed"] : []),
    ...(has("RECIPIENT_EXTRA") ? ["recipients that the rule does not name are out"] : []),
  ]
  return words.join(", ")
}

interface Broken {
  readonly path: string
  readonly findings: readonly Finding[]
  readonly base: string | null
}

async function mend(session: Session, { config }: CheckScope, { path, findings, base }: Broken): Promise<void> {
  const codes = new Set(findings.map(({ code }) => code))
  if (codes.has("PLAINTEXT_FILE")) {
    const { errors = [] } = await encryptFiles(session, { ...sealing, config, files: [path] })
    if (errors[0] !== undefined) throw errors[0]
    return
  }
  if (codes.has("VALUE_CLEAR")) {
    const { text, original } = await sealClearValues(session, { path, config, base })
    await writeAtomic(session.io, path, utf8.encode(text), { mode: "kept", opened: original, followLinks: false })
  }
  if (codes.has("RECIPIENT_EXTRA")) {
    await withoutExtra(session, { path, config, extra: new Set(findings.flatMap(({ recipient }) => recipient ?? [])) })
  }
}

async function withoutExtra(
  session: Session,
  {
    path,
    config,
    extra,
  }: { readonly path: string; readonly config: string | undefined; readonly extra: ReadonlySet<string> },
): Promise<void> {
  await withFile(path, async () => {
    const loaded = await loadSealed(session, { source: path, inputType: undefined, config })
    const { metadata } = loaded.document
    const groups = metadata.groups.map((group) =>
      group.map(({ recipient }) => recipient).filter((recipient) => !extra.has(recipientName(recipient))),
    )
    // If all of a group would go, this does not take them out.
    if (groups.some((group) => group.length === 0)) throw new AppError("NO_RECIPIENT")
    const text = await rewrap(session, loaded, planKeys(metadata, { groups, threshold: metadata.threshold }))
    await writeAtomic(session.io, path, utf8.encode(text), {
      mode: "kept",
      opened: loaded.original(),
      followLinks: false,
    })
  })
}

/** By the rule alone, in place. */
const sealing: Omit<EncryptOptions, "config" | "files"> = {
  inputType: undefined,
  outputType: undefined,
  filenameOverride: undefined,
  indent: undefined,
  output: undefined,
  awsProfile: undefined,
  ...forEachOption((): readonly string[] => []),
  encryptionContext: [],
  shamirSecretSharingThreshold: undefined,
  unencryptedSuffix: undefined,
  encryptedSuffix: undefined,
  unencryptedRegex: undefined,
  encryptedRegex: undefined,
  unencryptedCommentRegex: undefined,
  encryptedCommentRegex: undefined,
  macOnlyEncrypted: false,
  useFileSelectors: false,
  allowClear: [],
  allowClearAlias: false,
  allowEmptySelection: false,
  inPlace: true,
  followLinks: false,
  container: false,
  forceNew: false,
  decryptionOrder: [],
}

interface Clone {
  readonly git: Git
  /** Files whose copies in the work tree count for nothing. */
  readonly ofIndex: Awaited<ReturnType<typeof ofIndexOnly>>
  isAsStaged(file: string, path: string): Promise<boolean>
  /** The text of HEAD. */
  baseOf(file: string): Promise<string | null>
  close(): Promise<void>
}

async function isInGit({ io }: Session): Promise<boolean> {
  const { gitTop } = await import("../../host/surroundings.ts")
  return gitTop(io, io.cwd) !== null
}

async function openClone(session: Session, files: readonly string[]): Promise<Clone> {
  const { git } = await openRepository(session, { fetch: "allowed" })
  const head = await findRevision(git, "HEAD")
  const ofIndex = await ofIndexOnly(git)
  const [index, tree] = [await listIndex(git, files), head === null ? [] : await listTree(git, head, files)]
  const blobs = new Blobs(git, { bytesMax: checkedBytesMax })
  const bytesOf = async (id: string | undefined): Promise<Uint8Array | null> =>
    id === undefined ? null : ((await blobs.read(id))?.bytes ?? null)
  return {
    git,
    ofIndex,
    async isAsStaged(file, path) {
      const here = await readOptionalFile(session.io, path, { bytesMax: checkedBytesMax })
      const staged = await bytesOf(index.find((each) => each.path === file)?.id)
      return here !== null && staged !== null && equalBytes(here.bytes, staged)
    },
    async baseOf(file) {
      const bytes = await bytesOf(tree.find((each) => each.path === file)?.id)
      return bytes === null ? null : decodeText(bytes)
    },
    close: () => blobs.close(),
  }
}

interface ClearFile {
  /** Relative to the working folder. */
  readonly path: string
  readonly config: string | undefined
  /** The version of HEAD; `null` without one. */
  readonly base: string | null
}

/**
 * Seals values that somebody wrote into a sealed file in the clear, under its data key. The rest has to be what
 * was sealed: without these values its MAC holds, or the version of HEAD has the same tokens in the same places. A text
 * that nobody vouches for gets no new MAC.
 *
 * @returns the new text, and the bytes that it replaces
 * @throws {AppError} `DATA_KEY`, `MAC_MISMATCH`, and the faults of the file
 */
async function sealClearValues(session: Session, file: ClearFile): Promise<{ text: string; original: Uint8Array }> {
  return withFile(file.path, async () => {
    const loaded = await loadSealed(session, { source: file.path, inputType: undefined, config: file.config })
    const { document } = loaded
    const compiled = await compileSelectors(document.metadata.selectors, { refuseInvalid: true })
    const clear = clearSites(document, compiled)
    const dataKey = await unwrapOnce(session, loaded)
    try {
      const cipher = new Cipher(dataKey)
      await vouch(document, clear, { cipher, compiled, base: file.base }).catch(async (error: unknown) => {
        const { explainTampering, isTampering } = await import("../open/tampering.ts")
        throw isTampering(error)
          ? await explainTampering(session, loaded, { cipher, selectors: compiled }, error)
          : error
      })
      const aads = new AadPaths()
      const edits = [...clear].map((site) =>
        document.format.seal(
          document.scan,
          site,
          cipher.sealToken(site.scalar!.bytes, aads.of(site.item), kindOf(site)),
        ),
      )
      const sealed = await readAs(document.format.name, splice(document.scan.source, edits))
      const unverified = await openLoadedUnverified(session, { ...loaded, document: sealed }, { decryptionOrder: [] })
      const { text } = await sealOver(
        session,
        { ...unverified, opened: acceptUnverified(unverified.opened) },
        unverified.opened.bytes,
        {
          useFileSelectors: true,
          allowClear: [],
          allowClearAlias: false,
          allowEmptySelection: false,
        },
      )
      unverified.dataKey.wipe()
      return { text, original: loaded.original() }
    } finally {
      dataKey.wipe()
    }
  })
}

function kindOf({ scalar, kind }: Site): NonNullable<Site["scalar"]>["kind"] {
  return kind === "str" ? "str" : scalar!.kind
}

function clearSites({ scan }: SealedDocument, compiled: CompiledSelectors): ReadonlySet<Site> {
  const sites = countedSites(scan)
  const selected = select(sites, compiled, isSealedComment)
  return new Set(sites.filter((site, index) => selected[index]! && site.span !== null && isClear(site)))
}

/** @throws {AppError} `MAC_MISMATCH` and the like */
async function vouch(
  document: SealedDocument,
  clear: ReadonlySet<Site>,
  {
    cipher,
    compiled,
    base,
  }: { readonly cipher: Cipher; readonly compiled: CompiledSelectors; readonly base: string | null },
): Promise<void> {
  const rest = {
    ...document,
    scan: { ...document.scan, sites: document.scan.sites.filter((site) => !clear.has(site)) },
  }
  const options = { cipher, selectors: compiled, requireStructure: false, valuesOnly: true }
  try {
    open(rest, options)
    return
  } catch (error) {
    if (!(error instanceof AppError) || base === null) throw error
    const before = await readAs(document.format.name, base)
    open(before, options)
    const places = new Set([...clear].map(pathText))
    const kept = before.scan.sites.filter((site) => !places.has(pathText(site)))
    if (siteTexts(kept) !== siteTexts(rest.scan.sites)) throw error
  }
}

function pathText({ item }: Site): string {
  return JSON.stringify(fullPath(item))
}

function siteTexts(sites: readonly Site[]): string {
  return JSON.stringify(
    sites.map(({ item, kind, scalar }) => [fullPath(item), kind, scalar === null ? null : scalarText(scalar)]),
  )
}
