import { type WrappedKey } from "../../core/recipient.ts"
import { runSlot } from "../../core/run-memory.ts"
import { AppError } from "../../errors/app-error.ts"
import { certificatesOf, isNameOf, keyIdOf, type GpgEnd, type StatusLine, runGpg } from "./gpg.ts"
import { brokenMessage, readMessage } from "./message.ts"
import { type KeyContext, reaches } from "../provider.ts"

const locked =
  "gpg has the key and could not unlock it: on a terminal set GPG_TTY to what `tty` prints, or unlock it with gpg first"
/** More than a data key or a share of one. */
const plainBytesMax = 64

/**
 * Lets gpg open an entry: first without asking anybody, and only with the effort `any` with a pinentry.
 *
 * @returns `null` when gpg has no secret key for it, or could not use it; `findings` remembers why
 * @throws {AppError} `STANZA_INVALID` for what must not be opened, `GPG_REFUSED`
 */
export async function decrypt(entry: WrappedKey, fp: string, context: KeyContext): Promise<Uint8Array | null> {
  const found = findings(entry, context)
  if (found.isFinal || (found.isAsking && !reaches(context.effort, "any"))) return null
  const { bytes, keyIds } = readMessage(entry.enc)
  if (await isWithoutHome(context)) {
    found.note("gpg has no key ring here", { isFinal: true })
    return null
  }
  const isAsking = reaches(context.effort, "any")
  const options = [
    "--max-output",
    String(plainBytesMax),
    ...(isAsking ? [] : ["--pinentry-mode", "error"]),
    "--decrypt",
  ]
  const env = isAsking ? await terminalEnv(context) : {}
  const end = await run(context, { options, input: bytes, env })
  if (end instanceof AppError) {
    if (end.code !== "GPG_MISSING") throw end
    found.note(end.title, { isFinal: true, hint: end.hint })
    return null
  }
  if (end.exit === 0 && isOpened(end)) {
    await checkKey(end.status, { fp, keyIds }, context)
    if (end.stdout.length > 0) return end.stdout
    // Some releases drop packets that they do not know, and succeed with nothing.
    found.note("gpg opened it and found nothing in it", { isFinal: true })
    return null
  }
  if (context.signal.aborted) return null
  const hasKey = end.status.some(([keyword]) => keyword === "ERROR") && !has(end.status, "NO_SECKEY")
  if (end.exit === null || has(end.status, "DECRYPTION_OKAY")) throw brokenMessage("it holds more than a data key")
  found.note(end.words.join("; "), { isFinal: isAsking || !hasKey, hint: hasKey ? locked : undefined })
  return null
}

async function run(
  context: KeyContext,
  { options, input, env }: { options: readonly string[]; input: Uint8Array; env: Readonly<Record<string, string>> },
): Promise<GpgEnd | AppError> {
  try {
    return await runGpg(context, { options }, { input, env, outputBytesMax: plainBytesMax })
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

/** A public key opened it, the data was guarded, and it was the only data. */
function isOpened({ status }: GpgEnd): boolean {
  const began = status.findIndex(([keyword]) => keyword === "BEGIN_DECRYPTION")
  const plain = status.findIndex(([keyword]) => keyword === "PLAINTEXT")
  const isSingle = count(status, "PLAINTEXT") === 1 && count(status, "BEGIN_DECRYPTION") === 1
  const isPublic = has(status, "ENC_TO") && !has(status, "NEED_PASSPHRASE_SYM")
  return began !== -1 && plain > began && isSingle && isPublic && has(status, "DECRYPTION_OKAY")
}

/** The entry names a key, and that key has to be the one that opened it: itself, its certificate, or a subkey. */
async function checkKey(
  status: readonly StatusLine[],
  { fp, keyIds }: { readonly fp: string; readonly keyIds: readonly string[] },
  context: KeyContext,
): Promise<void> {
  const [, ...reported] = status.find(([keyword]) => keyword === "DECRYPTION_KEY") ?? [""]
  const used = reported.slice(0, 2).filter((text) => /^[0-9A-F]{40,64}$/.test(text))
  if (used.some((key) => isNameOf(fp, key))) return
  const certificates = await certificatesOf(fp, context)
  // Releases before 2.2.8 do not say which key it was: then the message has to be for this certificate alone.
  const isUsed = (key: string): boolean =>
    used.length > 0 ? used.includes(key) : keyIds.length === 1 && keyIds[0] === keyIdOf(key)
  if (certificates.some((keys) => keys.some(isUsed))) return
  throw brokenMessage("it was opened with another key than the one that the entry names")
}

/** Without a home folder gpg would make one, and have no key in it. */
async function isWithoutHome(context: KeyContext): Promise<boolean> {
  const { env, home, platform } = context
  const isElsewhere = [env("GNUPGHOME"), env("SOPS_GPG_EXEC")].some((text) => text !== undefined && text !== "")
  if (isElsewhere || platform === "win32" || home === "") return false
  return (await context.stat(`${home}/.gnupg`)) === null
}

function has(status: readonly StatusLine[], wanted: string): boolean {
  return count(status, wanted) > 0
}

function count(status: readonly StatusLine[], wanted: string): number {
  return status.filter(([keyword]) => keyword === wanted).length
}

const terminal = /^\/dev\/(pts\/\d{1,6}|tty[A-Za-z0-9]{1,12}|console)$/

/**
 * The name of the terminal that a pinentry may use. gpg takes it from `GPG_TTY`, which few people set, since it cannot
 * see our standard streams.
 */
async function terminalEnv(context: KeyContext): Promise<Readonly<Record<string, string>>> {
  if ((context.env("GPG_TTY") ?? "") !== "" || context.platform === "win32") return {}
  for (const stream of ["/dev/stdin", "/dev/stderr", "/dev/stdout"]) {
    const facts = await context.stat(stream).catch(() => null)
    if (facts !== null && terminal.test(facts.realPath)) return { GPG_TTY: facts.realPath }
  }
  return {}
}

/** What came of one entry so far in this run: unwrapping comes by again with more effort. */
interface Findings {
  /** gpg's own words of the last attempt, on one line. */
  readonly words: string
  /** Nothing more can be done. */
  readonly isFinal: boolean
  /** gpg holds the key and would have to ask for its passphrase or card. */
  readonly isAsking: boolean
  /** What to do about it, where that is not to get the key. */
  readonly hint: string | undefined
  note(words: string, outcome: { readonly isFinal: boolean; readonly hint?: string | undefined }): void
}

const findingsInRun = runSlot<Map<string, Findings>>()

export function findings({ enc }: WrappedKey, { session }: KeyContext): Findings {
  const known = findingsInRun.of(session, () => new Map())
  const found = known.get(enc) ?? newFindings()
  known.set(enc, found)
  return found
}

function newFindings(): Findings {
  let last: Omit<Findings, "note"> = { words: "", isFinal: false, isAsking: false, hint: undefined }
  return {
    get words() {
      return last.words
    },
    get isFinal() {
      return last.isFinal
    },
    get isAsking() {
      return last.isAsking
    },
    get hint() {
      return last.hint
    },
    note(words, { isFinal, hint }) {
      last = { words, isFinal, isAsking: !isFinal, hint }
    },
  }
}
