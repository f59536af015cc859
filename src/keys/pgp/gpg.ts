import { runSlot } from "../../core/run-memory.ts"
import { AppError } from "../../errors/app-error.ts"
import { oneLine } from "../../errors/display.ts"
import { type KeyContext } from "../provider.ts"
import { type TrustCandidate, distrust, findOnPath, pathOf, programAt } from "../trusted-program.ts"

/** One line of gpg's machine-readable status: a keyword and its arguments. */
export type StatusLine = readonly [keyword: string, ...args: string[]]

export interface GpgEnd {
  /** `null`: it was ended because it printed too much, or by a signal. */
  readonly exit: number | null
  readonly stdout: Uint8Array
  readonly status: readonly StatusLine[]
  /** What it says to people, one entry a line, made safe to show. */
  readonly words: readonly string[]
}

// Nobody asks a key server or a web site for the keys that a file names, and no trust has to be set up for a key that
// is named by its fingerprint. The status shares a pipe with the words, since helpers have two pipes only.
const common = [
  "--batch",
  "--no-tty",
  "--status-fd",
  "2",
  "--disable-dirmngr",
  "--no-auto-key-locate",
  "--no-auto-key-retrieve",
  "--no-auto-check-trustdb",
  "--trust-model",
  "always",
]

const variable = "SOPS_GPG_EXEC"
const wordsMax = 12

interface GpgOptions {
  readonly input?: Uint8Array
  readonly outputBytesMax?: number
  /** For the agent, and the pinentry that it starts. */
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs gpg. Nothing of a file becomes one of its options: `operands` are behind `--`.
 *
 * @throws {AppError} `GPG_MISSING`, `GPG_REFUSED`
 */
export async function runGpg(
  context: KeyContext,
  { options, operands = [] }: { readonly options: readonly string[]; readonly operands?: readonly string[] },
  { input = new Uint8Array(0), outputBytesMax, env = {} }: GpgOptions = {},
): Promise<GpgEnd> {
  const program = await findGpg(context)
  const limit = outputBytesMax === undefined ? {} : { outputBytesMax }
  const args = [...common, ...options, "--", ...operands]
  const { status, stdout, stderr, missing } = await context.run(program, args, { input, env, ...limit })
  if (missing) throw new AppError("GPG_MISSING", {}, { subject: program })
  return { exit: status, stdout, ...readStderr(stderr) }
}

/** Where gpg is. @throws {AppError} `GPG_MISSING`, `GPG_REFUSED` (security rule S6) */
export async function findGpg(context: KeyContext): Promise<string> {
  const named = context.env(variable) ?? ""
  // Scripts of sops users put wrappers of gpg wherever they like, beside the files too.
  if (context.dialect.trustsNamedGpg && named !== "") return named
  const candidate = await locate(named, context)
  if (candidate === null) throw new AppError("GPG_MISSING", {}, { subject: named === "" ? undefined : named })
  const reason = await distrust(candidate, context)
  if (reason !== null) throw new AppError("GPG_REFUSED", {}, { subject: `${candidate.facts.realPath} ${reason}` })
  return candidate.path
}

async function locate(named: string, context: KeyContext): Promise<TrustCandidate | null> {
  if (named !== "" && pathOf(context).isAbsolute(named)) return programAt(named, context)
  // A relative path would be looked for in the working folder.
  if (/[\\/]/.test(named)) return null
  const ending = context.platform === "win32" ? ".exe" : ""
  return findOnPath(`${named === "" ? "gpg" : named}${ending}`, context)
}

const statusMark = "[GNUPG:] "

/** gpg escapes line breaks in everything that it prints, so a status line cannot be forged by a name in a key. */
function readStderr(stderr: string): Pick<GpgEnd, "status" | "words"> {
  const status: StatusLine[] = []
  const words: string[] = []
  for (const line of stderr.split("\n")) {
    if (line.startsWith(statusMark)) {
      const [keyword = "", ...args] = line.slice(statusMark.length).trim().split(" ")
      status.push([keyword, ...args])
      continue
    }
    const text = oneLine(line.replace(/^gpg: /, ""))
    if (text !== "" && words.length < wordsMax) words.push(text)
  }
  return { status, words }
}

/** A public key with its subkeys, as gpg knows it. Fingerprints are in capitals, the primary key's first. */
type Certificate = readonly string[]

const known = runSlot<Map<string, Promise<readonly Certificate[]>>>()

/**
 * The certificates of the user's key ring that a fingerprint or key ID names, by their primary key or a subkey. gpg is
 * asked once in a run for each.
 */
export function certificatesOf(fp: string, context: KeyContext): Promise<readonly Certificate[]> {
  const asked = known.of(context.session, () => new Map())
  const found = asked.get(fp) ?? list(fp, context)
  asked.set(fp, found)
  return found
}

/** Whether a name (16, 40 or 64 hex digits) is that of a key. */
export function isNameOf(name: string, fingerprint: string): boolean {
  const wanted = name.toUpperCase()
  if (wanted.length === fingerprint.length) return wanted === fingerprint
  return wanted.length === 16 && keyIdOf(fingerprint) === wanted
}

/** The 16 digits by which messages name a key: the first ones of a version 5 fingerprint, else the last. */
export function keyIdOf(fingerprint: string): string {
  return fingerprint.length === 64 ? fingerprint.slice(0, 16) : fingerprint.slice(-16)
}

async function list(fp: string, context: KeyContext): Promise<readonly Certificate[]> {
  // With 0x in front gpg never takes the text for a part of somebody's name.
  const options = ["--with-colons", "--with-subkey-fingerprint", "--list-keys"]
  const { stdout } = await runGpg(context, { options, operands: [`0x${fp}`] })
  const certificates: string[][] = []
  for (const line of Buffer.from(stdout).toString("utf8").split("\n")) {
    const fields = line.split(":")
    if (fields[0] === "pub") certificates.push([])
    const fingerprint = fields[9] ?? ""
    if (fields[0] === "fpr" && /^[0-9A-F]{40,64}$/.test(fingerprint)) certificates.at(-1)?.push(fingerprint)
  }
  return certificates.filter((keys) => keys.some((key) => isNameOf(fp, key)))
}

/**
 * The one certificate that is named.
 *
 * @throws {AppError} `PGP_KEY` when the key ring holds none or several
 */
export async function certificateOf(fp: string, context: KeyContext): Promise<Certificate> {
  const [certificate, ...others] = await certificatesOf(fp, context)
  if (certificate === undefined) {
    throw new AppError(
      "PGP_KEY",
      { provider: "pgp", recipient: fp },
      { subject: "gpg does not have this public key", hint: "import it: gpg --import FILE" },
    )
  }
  if (others.length === 0) return certificate
  throw new AppError(
    "PGP_KEY",
    { provider: "pgp", recipient: fp },
    { subject: "several keys have this ID", hint: "name the key by its whole fingerprint" },
  )
}
