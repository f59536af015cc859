import { posix, win32 } from "node:path"
import { splitWords } from "../core/shlex.ts"
import { AppError } from "../errors/app-error.ts"
import { decodeArmor } from "./age/file.ts"
import { type Identity, parseIdentity, sshIdentity } from "./age/identity.ts"
import { lockedIdentity, lockedSshIdentity } from "./age/locked.ts"
import { parseSshPrivateKey } from "./age/ssh-private.ts"
import { type SshPublicKey, parseSshRecipient } from "./age/ssh-public.ts"
import { defaultKeyFiles } from "./key-files.ts"
import { type Effort, type KeyContext } from "./provider.ts"

const keyBytesMax = 1 << 24

/** What one source gave. A failure is a reason here, never an exception: other sources may do. */
export interface Loaded {
  readonly state: "absent" | "empty" | "found" | "failed"
  readonly identities: readonly Identity[]
  readonly reasons: readonly string[]
  /** The same failures in upstream's words, for its error message. */
  readonly upstream: readonly string[]
}

export interface IdentitySource {
  /** A variable or a path: for people. */
  readonly place: string
  readonly kind: "age" | "ssh"
  /** The least effort at which it is looked at. */
  readonly effort: Effort
  /** One of the places that are looked at without being named by a variable. */
  readonly isDefault: boolean
  /** It is told the recipient, so it is asked again for each. */
  readonly isPerRecipient: boolean
  load(recipient: string, context: KeyContext): Promise<Loaded>
}

/**
 * Every place where identities may be, in upstream's order. Nothing is looked at before `load`.
 *
 * @see sops v3.13.2 age/keysource.go, loadAgeSSHIdentities and loadIdentities
 */
export function identitySources(
  machine: Pick<KeyContext, "env" | "platform" | "home" | "dialect">,
): readonly IdentitySource[] {
  const { home } = machine
  const path = machine.platform === "win32" ? win32 : posix
  const ssh = home === "" ? [] : ["id_ed25519", "id_rsa"].map((name) => path.join(home, ".ssh", name))
  const plain = { effort: "silent", isDefault: false, isPerRecipient: false } as const
  const command = { effort: "programs", isDefault: false, isPerRecipient: true } as const
  return [
    { ...plain, place: "SOPS_AGE_SSH_PRIVATE_KEY_FILE", kind: "ssh", load: (_, context) => sshVariable(context) },
    {
      ...command,
      place: "SOPS_AGE_SSH_PRIVATE_KEY_CMD",
      kind: "ssh",
      load: (recipient, context) => sshCommand(context, recipient),
    },
    ...ssh.map((file): IdentitySource => ({
      ...plain,
      place: file,
      kind: "ssh",
      isDefault: true,
      load: (_, context) => sshFile(context, file),
    })),
    { ...plain, place: "SOPS_AGE_KEY", kind: "age", load: (_, context) => keyVariable(context) },
    { ...plain, place: "SOPS_AGE_KEY_FILE", kind: "age", load: (_, context) => keyFileVariable(context) },
    {
      ...command,
      place: "SOPS_AGE_KEY_CMD",
      kind: "age",
      load: (recipient, context) => keyCommand(context, recipient),
    },
    ...defaultKeyFiles(machine).map((file): IdentitySource => ({
      ...plain,
      place: file,
      kind: "age",
      isDefault: true,
      load: (_, context) => keyFile(context, file),
    })),
  ]
}

const absent: Loaded = { state: "absent", identities: [], reasons: [], upstream: [] }

async function keyVariable(context: KeyContext): Promise<Loaded> {
  const text = context.env("SOPS_AGE_KEY")
  return text === undefined ? absent : readKeys(context, { place: "SOPS_AGE_KEY", bytes: Buffer.from(text, "utf8") })
}

async function keyFileVariable(context: KeyContext): Promise<Loaded> {
  const file = context.env("SOPS_AGE_KEY_FILE")
  if (file === undefined) return absent
  const bytes = await read(context, file, `failed to open SOPS_AGE_KEY_FILE file: open ${file}`)
  if (bytes === null) {
    return failed(
      `${file} is not there`,
      `failed to open SOPS_AGE_KEY_FILE file: open ${file}: no such file or directory`,
    )
  }
  return "state" in bytes ? bytes : readKeys(context, { place: "SOPS_AGE_KEY_FILE", bytes })
}

async function keyCommand(context: KeyContext, recipient: string): Promise<Loaded> {
  const output = await runCommand(context, "SOPS_AGE_KEY_CMD", recipient)
  return "state" in output ? output : readKeys(context, { place: "SOPS_AGE_KEY_CMD", bytes: output })
}

async function keyFile(context: KeyContext, file: string): Promise<Loaded> {
  const bytes = await read(context, file, "failed to open file")
  if (bytes === null) return absent
  return "state" in bytes ? bytes : readKeys(context, { place: file, bytes })
}

async function sshVariable(context: KeyContext): Promise<Loaded> {
  const file = context.env("SOPS_AGE_SSH_PRIVATE_KEY_FILE")
  if (file === undefined) return absent
  const loaded = await sshFile(context, file)
  if (loaded !== absent) return loaded
  return failed(`${file} is not there`, `failed to open file: open ${file}: no such file or directory`)
}

async function sshCommand(context: KeyContext, recipient: string): Promise<Loaded> {
  const name = "SOPS_AGE_SSH_PRIVATE_KEY_CMD"
  const output = await runCommand(context, name, recipient)
  if ("state" in output) return output
  const key = await parseSshPrivateKey(output, null)
  output.fill(0)
  if (key.state === "open") return found([sshIdentity(key.key)])
  if (key.state !== "unusable") {
    const reason = "the SSH key that the command prints is locked with a passphrase"
    return failed(reason, `the SSH key returned by running ${name} is password protected, which is unsupported.`)
  }
  return failed(key.reason, `malformed SSH identity returned by running ${name}: "${key.reason}"`)
}

async function sshFile(context: KeyContext, file: string): Promise<Loaded> {
  const bytes = await read(context, file, "failed to open file")
  if (bytes === null) return absent
  if ("state" in bytes) return bytes
  const key = await parseSshPrivateKey(bytes, null)
  if (key.state === "open") {
    bytes.fill(0)
    return found([sshIdentity(key.key)])
  }
  if (key.state === "unusable") return failed(key.reason, `malformed SSH identity in "${file}": ssh: ${key.reason}`)
  // Only OpenSSH's own form tells its public side without the passphrase.
  const publicKey = key.state === "locked" && key.publicKey !== null ? key.publicKey : await publicFile(context, file)
  if (publicKey === null) {
    const upstream = `failed to obtain public "${file}.pub" key for "${file}" SSH key`
    return failed("it is locked, and there is no public key beside it in a .pub file", upstream)
  }
  return found([lockedSshIdentity({ place: file, file: bytes, publicKey })])
}

async function publicFile(context: KeyContext, file: string): Promise<SshPublicKey | null> {
  const bytes = await read(context, `${file}.pub`, "failed to open file")
  if (bytes === null || "state" in bytes) return null
  const [line = ""] = Buffer.from(bytes).toString("latin1").split("\n", 1)
  const key = parseSshRecipient(line)
  return typeof key === "string" ? null : key
}

/** Identities in the clear, or a whole file of them that is locked with a passphrase. The bytes are wiped. */
function readKeys(context: KeyContext, { place, bytes }: { place: string; bytes: Uint8Array }): Loaded {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
  const options = { severalPerLine: place === "SOPS_AGE_KEY", strict: context.dialect.strictKeyFiles }
  if (bytes.length > keyBytesMax) return failed("it is too long", `failed to read '${place}': file too long`)
  if (text.startsWith("age-encryption") || text.startsWith("-----BEGIN AGE")) {
    try {
      const file = text.startsWith("-----BEGIN AGE") ? decodeArmor(text, keyBytesMax) : bytes
      return found([lockedIdentity({ place, file }, (plain) => parseIdentities(plain, options).identities)])
    } catch (error) {
      const reason = sourceReason(error)
      return failed(reason, `failed to read '${place}': ${reason}`)
    }
  }
  const { identities, reasons } = parseIdentities(text, options)
  bytes.fill(0)
  const upstream = reasons.map((reason) => `failed to parse '${place}' age identities: ${reason}`)
  if (identities.length > 0) return { state: "found", identities, reasons, upstream }
  return { state: reasons.length === 0 ? "empty" : "failed", identities, reasons, upstream }
}

async function runCommand(context: KeyContext, name: string, recipient: string): Promise<Uint8Array | Loaded> {
  const command = context.env(name)
  if (command === undefined) return absent
  const [program, ...args] = splitWords(command) ?? []
  if (program === undefined)
    return failed("the command is empty or a quote is not closed", `failed to parse command ${name}`)
  // The command may hold a secret, and so may what it prints: neither is shown.
  const upstream = `failed to execute command ${program}`
  try {
    const env = { SOPS_AGE_RECIPIENT: recipient }
    const result = await context.run(program, args, { env, outputBytesMax: keyBytesMax, signal: context.signal })
    if (result.missing) return failed(`${program} could not be started`, `${upstream}: executable file not found`)
    if (result.status === 0) return Uint8Array.from(result.stdout)
    const how = result.status === null ? "was ended by a signal" : `ended with status ${result.status}`
    return failed(`${program} ${how}`, `${upstream}: exit status ${result.status ?? -1}`)
  } catch (error) {
    const reason = sourceReason(error)
    return failed(reason, `${upstream}: ${reason}`)
  }
}

/** @returns `null` when there is no such file */
async function read(context: KeyContext, file: string, upstream: string): Promise<Uint8Array | Loaded | null> {
  try {
    return await context.readFile(file)
  } catch (error) {
    const reason = sourceReason(error)
    return failed(reason, `${upstream}: ${reason}`)
  }
}

function found(identities: readonly Identity[]): Loaded {
  return { state: "found", identities, reasons: [], upstream: [] }
}

function failed(reason: string, upstream: string): Loaded {
  return { state: "failed", identities: [], reasons: [reason], upstream: [upstream] }
}

/** Only the words of an expected failure are shown: another error may quote what it choked on. */
export function sourceReason(error: unknown): string {
  if (!(error instanceof AppError)) return "an unexpected failure"
  return error.detail.subject ?? error.title
}

interface ParsedIdentities {
  readonly identities: readonly Identity[]
  /** Each with its line; never text of the line. */
  readonly reasons: readonly string[]
}

interface ParseOptions {
  /** `SOPS_AGE_KEY` may hold several identities a line, since CI variables lose their line ends. */
  readonly severalPerLine: boolean
  /** As upstream: no spaces around an identity, and one bad line spoils all. */
  readonly strict: boolean
}

/**
 * Reads a key file as age-keygen writes it: one identity a line, `#` comments, empty lines.
 *
 * @see sops v3.13.2 age/keysource.go, parseIdentities
 */
export function parseIdentities(text: string, { severalPerLine, strict }: ParseOptions): ParsedIdentities {
  const identities: Identity[] = []
  const reasons: string[] = []
  for (const [index, line] of text.split("\n").entries()) {
    for (const word of wordsOf(line, { severalPerLine, strict })) {
      const identity = parseIdentity(word)
      if (typeof identity !== "string") identities.push(identity)
      else if (strict) return { identities: [], reasons: [identity] }
      else reasons.push(`line ${index + 1}: ${isRecipient(word) ? "a recipient, not an identity" : identity}`)
    }
  }
  return { identities, reasons }
}

function wordsOf(line: string, { severalPerLine, strict }: ParseOptions): string[] {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line
  if (text === "" || text.startsWith("#")) return []
  if (strict && !severalPerLine) return [text]
  const words = text.split(/[\s\uFEFF]+/).filter((word) => word !== "")
  const comment = strict ? -1 : words.findIndex((word) => word.startsWith("#"))
  return comment === -1 ? words : words.slice(0, comment)
}

function isRecipient(word: string): boolean {
  return word.startsWith("age1") || word.startsWith("ssh-")
}
