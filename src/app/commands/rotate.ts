import { AppError } from "../../errors/app-error.ts"
import { checkKnown } from "../recipients/known-recipients.ts"
import { openFile, withFile } from "../open/open-file.ts"
import {
  type ClearOptions,
  type CommonOptions,
  type KnownRecipientOptions,
  type OpenOptions,
  type RecipientOptions,
  type Source,
  type TargetOptions,
  type TypeOptions,
} from "../options.ts"
import { closeSealed } from "../report/sealed-line.ts"
import { putResult } from "../report/put-result.ts"
import { rotateMany } from "./rotate-many.ts"
import { noticeAbsent, readRotation, wantedAfter } from "../seal/rotation.ts"
import { sealFresh } from "../seal/seal-over.ts"
import { findSealed } from "../open/sealed-files.ts"
import { type Outcome, type Session } from "../session.ts"

export interface RotateOptions
  extends CommonOptions, TypeOptions, TargetOptions, ClearOptions, OpenOptions, KnownRecipientOptions {
  /** With `inPlace` folders too: all sealed files in them. */
  readonly files: readonly Source[]
  readonly add: RecipientOptions
  readonly remove: RecipientOptions
  /** Show what would be done; no key is needed. */
  readonly dryRun?: boolean
  readonly json?: boolean
  /** Recipients of kinds that this version does not know go. */
  readonly dropUnknown?: boolean
}

/**
 * `rotate`: a new data key, and every value sealed again under it. Recipients can come and go at the same time. One
 * file is done without a word; for several, and for a dry run, there is a table.
 *
 * @throws {AppError} `UNKNOWN_RECIPIENT` (security rule S3), `SELECTOR_DRIFT` (S1) before anything is wrapped
 */
export async function rotateFiles(session: Session, options: RotateOptions): Promise<Outcome> {
  const { files, inPlace, dryRun = false, json = false } = options
  const paths = files.filter((file) => file !== null)
  if (dryRun && paths.length < files.length) {
    throw new AppError("OPTIONS_CONFLICT", {}, { subject: "--dry-run and standard input" })
  }
  const found = inPlace || dryRun ? await findSealed(session, paths) : []
  const isOne = files.length === 1 && (!inPlace || found[0]?.isNamed === true)
  if (isOne && !dryRun && (!inPlace || !json)) return rotateOne(session, files[0]!, options)
  return rotateMany(session, found, options)
}

function rotateOne(session: Session, source: Source, options: RotateOptions): Promise<Outcome> {
  const rotation = readRotation(session, options)
  return withFile(source, async () => {
    const file = await openFile(session, { ...options, source, isRotation: true })
    try {
      const wanted = wantedAfter(rotation, file, options)
      if (session.dialect.warns) noticeAbsent(session, rotation, file)
      await checkKnown(session, file, wanted.groups, { named: rotation.add, keepRecipient: options.keepRecipient })
      const sealed = await sealFresh(session, file, wanted, options)
      const outcome = await putResult(session, options, {
        content: sealed.text,
        file: source,
        original: file.facts === null ? null : file.original,
        mode: "kept",
      })
      if (outcome.output === undefined) closeSealed(session, options.output ?? file.file ?? "", sealed, file.settings)
      return outcome
    } finally {
      file.dataKey.wipe()
    }
  })
}
