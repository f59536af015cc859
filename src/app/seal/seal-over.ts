import { compileSelectors } from "../../config/re2.ts"
import { type MetaMap, type Scan } from "../../core/format.ts"
import { type Cipher } from "../../core/gcm.ts"
import { isOlderVersion } from "../../core/metadata.ts"
import { type Sealed } from "../../core/seal.ts"
import { fullPath, shownPath, type Site } from "../../core/site.ts"
import { decodeText } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { sopsVersion } from "../../version.ts"
import { type OpenedFile } from "../open/open-file.ts"
import { type ClearOptions } from "../options.ts"
import { sealAs } from "./seal-new.ts"
import { checkSelectorDrift, newClearPaths } from "./selector-drift.ts"
import { type Session } from "../session.ts"
import { parseTreePath } from "../open/tree-path.ts"
import { sayWarnings } from "../report/warnings.ts"

/** Files below this version make upstream repair them, since its KMS contexts were wrong then. */
const repairedSince = "3.3.0"

/** Another data key than that of the file, with the metadata fields that hold it. */
export interface FreshKey {
  readonly cipher: Cipher
  readonly keys: MetaMap
}

/**
 * Seals a changed plain text in place of the file that it came from: same data key, same recipients, same selectors.
 * What did not change keeps its token.
 *
 * @param fresh - seal every value anew under this key; then no token stays
 * @throws {AppError} `SELECTOR_DRIFT`, `NEW_CLEAR_VALUE` before anything is sealed (security.md S1)
 */
export async function sealOver(
  session: Session,
  file: OpenedFile,
  plain: Uint8Array,
  options: ClearOptions,
  fresh: FreshKey | null = null,
): Promise<Sealed> {
  const { document, opened, compiled, settings } = file
  const { metadata, format } = document
  const isChecked = format.name !== "binary" && session.dialect.changes.checksClearValues
  const scan = isChecked ? await checkClear(session, file, plain, options) : undefined
  await session.audit?.("encrypt", file.file)
  const isStock = metadata.structure === ""
  const sealed = await sealAs(
    { bytes: plain, format: format.name },
    {
      cipher: fresh?.cipher ?? file.cipher,
      selectors: metadata.selectors,
      compiled,
      macOnlyEncrypted: metadata.macOnlyEncrypted,
      keys: fresh?.keys ?? null,
      version:
        !metadata.version.startsWith("1.") && isOlderVersion(metadata.version, repairedSince)
          ? sopsVersion
          : metadata.version,
      now: session.io.now(),
      scan,
      previous: fresh === null ? opened : null,
      replaces: fresh === null ? undefined : document,
      // A file that was sealed without a digest gets one, unless the config turns it off.
      structure: settings.rule.structure !== "off" || !isStock,
      layoutMemo: settings.rule.layoutMemo !== "never",
      container: metadata.container,
      allowClearAlias: options.allowClearAlias,
      allowEmptySelection: options.allowEmptySelection || opened.leaves.every(({ token }) => token === null),
    },
  )
  sayWarnings(session, file.file, sealed.warnings)
  return sealed
}

/** @returns the scan of the plain text, where it was looked at */
async function checkClear(
  session: Session,
  file: OpenedFile,
  plain: Uint8Array,
  options: ClearOptions,
): Promise<Scan | undefined> {
  const { document, settings, compiled, opened } = file
  if (options.useFileSelectors) return undefined
  const text = decodeText(plain)
  if (text === null) throw new AppError("NOT_UTF8")
  const scan = document.format.scan(text)
  const { sites } = scan
  const rule = await ruleOrNull(settings)
  if (rule !== null) {
    const byRule = await compileSelectors(rule.selectors, { refuseInvalid: true })
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

async function ruleOrNull(settings: OpenedFile["settings"]): ReturnType<OpenedFile["settings"]["sealingRule"]> {
  try {
    return await settings.sealingRule()
  } catch (error) {
    if (error instanceof AppError && error.code === "CONFIG_NO_RULE") return null
    throw error
  }
}

/** Each new clear path is named; somebody at a terminal may accept them, anybody else has to say so beforehand. */
async function confirmClear(session: Session, file: string | null, fresh: readonly Site[]): Promise<void> {
  const [first] = fresh
  const names = fresh.map(({ item }) => shownPath(item).join("."))
  const answer = await session.io.terminal.confirm(
    `${names.join(", ")} would stand in the clear in ${file ?? "the file"}. Is that right?`,
  )
  if (answer === true) return
  throw new AppError(
    "NEW_CLEAR_VALUE",
    { path: shownPath(first!.item), line: first!.line },
    { notes: names.slice(1).map((name) => `also ${name}`) },
  )
}
