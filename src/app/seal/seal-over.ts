import { compileSelectors } from "../../config/re2.ts"
import { select } from "../../core/select.ts"
import { checkChosen } from "../../core/chosen-paths.ts"
import { type Scan } from "../../core/format.ts"
import { type Opened, scanned } from "../../core/document.ts"
import { isOlderVersion } from "../../core/metadata.ts"
import { type Sealed } from "../../core/seal.ts"
import { fullPath, shownPath, type Site } from "../../core/site.ts"
import { decodeText } from "../../core/text.ts"
import { type ToldValues } from "../../core/told.ts"
import { AppError } from "../../errors/app-error.ts"
import { sopsVersion } from "../../version.ts"
import { tunedPlain } from "../../host/engine.ts"
import { type OpenedFile } from "../open/open-file.ts"
import { notUtf8 } from "../open/read-text.ts"
import { type ClearOptions } from "../options.ts"
import { type Wanted } from "../recipients/key-plan.ts"
import { type FreshKey, makeDataKey, optionsOver, sealAs, underFreshKey } from "./seal-new.ts"
import { checkSelectorDrift, newClearPaths } from "./selector-drift.ts"
import { type Session } from "../session.ts"
import { parseTreePath } from "../open/tree-path.ts"
import { sayWarnings } from "../report/warnings.ts"

/** Upstream repairs files below this version, since its KMS contexts were wrong then. */
const repairedSince = "3.3.0"

/**
 * Seals a changed plain text instead of the file that it came from: same data key, same recipients, same selectors.
 * What did not change keeps its token.
 *
 * @param fresh - seal every value again under this key; then no token stays
 * @throws {AppError} `SELECTOR_DRIFT`, `NEW_CLEAR_VALUE` before anything is sealed (docs/design/security.md S1)
 */
export async function sealOver(
  session: Session,
  file: OpenedFile,
  plain: Uint8Array,
  options: ClearOptions & { readonly told?: ToldValues | undefined; readonly renewsMac?: boolean },
  fresh: FreshKey | null = null,
): Promise<Sealed> {
  const { document, opened, compiled, settings } = file
  const { metadata, format } = document
  const isChecked = format.isWhole !== true && session.dialect.changes.checksClearValues
  const scan = isChecked ? await checkClear(session, file, plain, options) : undefined
  await session.audit?.("encrypt", file.file)
  const isStock = metadata.structure === ""
  const isToRepair = !metadata.version.startsWith("1.") && isOlderVersion(metadata.version, repairedSince)
  const how = optionsOver(session, file, {
    cipher: file.cipher,
    compiled,
    version: isToRepair ? sopsVersion : metadata.version,
    scan,
    told: options.told,
    renewsMac: options.renewsMac ?? false,
    // A file that was sealed without a digest gets one, unless the config turns it off.
    structure: settings.rule.structure !== "off" || !isStock,
    layoutMemo: settings.rule.layoutMemo !== "never",
    comments: settings.rule.comments,
    allowClearAlias: options.allowClearAlias,
    allowEmptySelection: options.allowEmptySelection || opened.leaves.every(({ token }) => token === null),
    ...(fresh === null ? {} : underFreshKey(fresh, opened)),
  })
  const sealed = await sealAs({ bytes: plain, format: format.name }, how).finally(() => session.meter?.end())
  sayWarnings(session, file.file, sealed.warnings)
  return sealed
}

/**
 * Seals an opened file under a new data key for the given recipients. Its layout, its selectors and the order of its
 * metadata stay.
 */
export async function sealFresh(
  session: Session,
  file: OpenedFile,
  wanted: Wanted,
  options: ClearOptions,
): Promise<Sealed> {
  const before = file.document.metadata.groups
  const key = await makeDataKey(session, wanted, file.file, { before })
  try {
    return await sealOver(session, file, file.opened.bytes, options, key)
  } finally {
    key.dataKey.wipe()
  }
}

/** @returns the scan of the plain text, if there was one */
async function checkClear(
  session: Session,
  file: OpenedFile,
  plain: Uint8Array,
  options: ClearOptions,
): Promise<Scan | undefined> {
  const { document, settings, compiled, opened } = file
  if (options.useFileSelectors) return undefined
  const text = decodeText(plain)
  if (text === null) throw notUtf8(plain)
  const scan = knownScan(opened, text) ?? tunedPlain(text, () => scanned(document.format, text, opened.plainScan))
  const { sites } = scan
  const rule = await ruleOrNull(settings)
  if (rule !== null) {
    const byRule = await compileSelectors(rule.selectors, { refuseInvalid: true })
    if (rule.chosen !== null) checkChosen(sites, select(sites, byRule), rule.chosen)
    checkSelectorDrift(sites, compiled, byRule, {
      file: document.metadata.macOnlyEncrypted,
      rule: rule.macOnlyEncrypted,
    })
    return scan
  }
  const allowed = new Set(options.allowClear.map((path) => JSON.stringify(parseTreePath(path, 7))))
  const fresh = newClearPaths(sites, compiled, opened).filter(
    (site) => !allowed.has(JSON.stringify(fullPath(site.item))),
  )
  if (fresh.length > 0) await confirmClear(session, file.file, fresh)
  return scan
}

/** The scan of a plain text that was just opened. */
export function knownScan({ plainScan }: Opened, text: string): Scan | null {
  return plainScan?.source === text ? plainScan : null
}

async function ruleOrNull(settings: OpenedFile["settings"]): ReturnType<OpenedFile["settings"]["sealingRule"]> {
  try {
    return await settings.sealingRule()
  } catch (error) {
    if (error instanceof AppError && error.code === "CONFIG_NO_RULE") return null
    throw error
  }
}

/** Names each new clear path; a person at a terminal may accept them, others have to say so beforehand. */
async function confirmClear(session: Session, file: string | null, fresh: readonly Site[]): Promise<void> {
  const [first] = fresh
  const names = fresh.map(({ item }) => shownPath(item).join("."))
  const answer = await session.io.terminal.confirm(
    `${names.join(", ")} would be in the clear in ${file ?? "the file"}. Is that right?`,
  )
  if (answer === true) return
  throw new AppError(
    "NEW_CLEAR_VALUE",
    { path: shownPath(first!.item), line: first!.line },
    { notes: names.slice(1).map((name) => `also ${name}`) },
  )
}
