import { oneLine } from "../../errors/display.ts"
import { AppError } from "../../errors/app-error.ts"
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

export interface GpgOptions {
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
