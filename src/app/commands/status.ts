import { compileSelectors } from "../../config/re2.ts"
import { limits } from "../../core/limits.ts"
import { parseToken } from "../../core/token.ts"
import { AppError } from "../../errors/app-error.ts"
import { gitTop } from "../../host/surroundings.ts"
import { encsOf } from "../check/changes.ts"
import { recipientFindings, selectorFindings } from "../check/drift.ts"
import { daysSince, keyAges } from "../check/history.ts"
import { nameFrom } from "../check/source.ts"
import { openRepository } from "../git/open-repository.ts"
import { type LoadedFile } from "../open/open-file.ts"
import { findSealed, loadCandidate } from "../open/sealed-files.ts"
import { type CommonOptions } from "../options.ts"
import { entryCalled } from "../recipients/entry-names.ts"
import { realPathOf } from "../../host/files.ts"
import { type Cell, table, type TableStyle, tableStyle } from "../report/table.ts"
import { type Outcome, type Session } from "../session.ts"

interface StatusOptions extends CommonOptions {
  /** Files and folders. */
  readonly paths: readonly string[]
  readonly json: boolean
}

interface Row {
  readonly file: string
  /** From 1; `null` when no rule names it. */
  readonly rule: number | null
  readonly recipients: readonly string[]
  /** The file does not follow its rule. */
  readonly drift: boolean
  readonly data_key_days: number
  readonly modified: string
  /** Without a key, only a missing or malformed MAC shows. */
  readonly mac: "ok" | "bad" | "unknown"
}

/** `status`: every sealed file with its rule, its readers and the age of its data key. Needs no key. */
export async function status(session: Session, options: StatusOptions): Promise<Outcome> {
  const loaded: { file: string; found: LoadedFile }[] = []
  const errors: AppError[] = []
  for (const candidate of await findSealed(session, options.paths)) {
    try {
      const found = await loadCandidate(session, candidate, { ...options, inputType: undefined })
      if (found !== null) loaded.push({ file: candidate.file, found })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      errors.push(error)
    }
  }
  const ages = await agesOf(session, loaded)
  const rows: Row[] = []
  for (const [index, { file, found }] of loaded.entries()) rows.push(await rowOf(file, found, ages[index]!))
  const isBad = rows.some(({ drift, mac }) => drift || mac === "bad")
  const output = options.json ? `${JSON.stringify({ schema: 1, files: rows })}\n` : drawn(rows, tableStyle(session.io))
  return { output, errors, exit: isBad ? 1 : 0 }
}

async function agesOf(
  session: Session,
  loaded: readonly { readonly file: string; readonly found: LoadedFile }[],
): Promise<number[]> {
  const { io } = session
  const nowMs = io.now().getTime()
  const isInGit = gitTop(io, io.cwd) !== null
  const { git, repository } = isInGit
    ? await openRepository(session, { fetch: "allowed" })
    : { git: null, repository: null }
  const top = repository?.top ?? io.cwd
  const nameOf = nameFrom(session, realPathOf(io, top) ?? top)
  const aged = loaded.map(({ file, found: { document } }) => ({
    file: nameOf(realPathOf(io, file) ?? ""),
    encs: encsOf(document.metadata),
    lastModified: document.metadata.lastModified,
  }))
  return (await keyAges(git, aged)).map(({ sinceMs }) => daysSince(sinceMs, nowMs))
}

async function rowOf(file: string, { document, settings }: LoadedFile, days: number): Promise<Row> {
  const { metadata } = document
  const rule = await settings.sealingRule().catch((error: unknown) => {
    if (error instanceof AppError && error.code === "CONFIG_NO_RULE") return null
    throw error
  })
  const isWhole = document.format.isWhole === true
  const compared = rule === null ? null : { file, text: document.scan.source, document, rule }
  const drift =
    compared === null
      ? []
      : [
          ...recipientFindings(compared),
          ...(isWhole
            ? []
            : selectorFindings(compared, {
                byFile: await compileSelectors(metadata.selectors, { refuseInvalid: false }),
                byRule: await compileSelectors(compared.rule.selectors, { refuseInvalid: false }),
              })),
        ]
  const called = entryCalled(metadata.groups, settings.personOf)
  const isMac = typeof parseToken(metadata.mac, limits.nonce_bytes_max) !== "string"
  return {
    file,
    rule: rule?.source.rule ?? null,
    recipients: metadata.groups.flat().map(({ recipient }) => called(recipient)),
    drift: drift.some(({ severity }) => severity === "error"),
    data_key_days: days,
    modified: metadata.lastModified,
    mac: isMac ? "unknown" : "bad",
  }
}

const head = ["file", "rule", "drift", "key", "modified", "MAC", "recipients"]

function drawn(rows: readonly Row[], style: TableStyle): string {
  const cells = rows.map((row): Cell[] => [
    [row.file, "name"],
    row.rule === null ? ["none", "warning"] : String(row.rule),
    row.drift ? ["yes", "error"] : ["no", "good"],
    `${row.data_key_days} d`,
    row.modified.slice(0, 10),
    // Checking it takes a key.
    row.mac === "unknown" ? ["not checked", "dim"] : [row.mac, "error"],
    row.recipients.join(", "),
  ])
  return table(cells, style, { head, isCut: true })
}
