import { AppError } from "../errors/app-error.ts"
import { type Code } from "../errors/catalog.ts"

interface UploadFacts {
  /** For people: "Amazon S3". */
  readonly service: string
  /** What exactly happened. Words of ours, or codes that were held against a grammar. */
  readonly words: string
  readonly hint?: string | undefined
}

export function uploadFailed({ service, words, hint }: UploadFacts): AppError {
  return new AppError("PUBLISH_FAILED", {}, { subject: `${service}: ${words}`, hint })
}

/** What the errors of logins and requests mean here, where no data key is at stake. */
const meanings: Partial<Readonly<Record<Code, string>>> = {
  KEY_TIMEOUT: "no answer came in time",
  KEY_NO_CREDENTIALS: "there are no usable credentials",
  KEY_DENIED: "access is denied",
  KEY_UNAVAILABLE: "something is not there",
  KEY_NETWORK: "the service cannot be reached",
  KEY_THROTTLED: "the service is throttling requests",
  KEY_ANSWER: "the service gave an answer that cannot be used",
  KEY_ADDRESS_REFUSED: "the token is not sent there",
}

/**
 * Logins and requests are those of the key providers, and so are their errors: as a failed upload they have their own
 * words and upstream's status.
 *
 * @param hint - where the error has none of its own
 */
export async function uploading<T>(work: () => Promise<T>, hint?: string): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const meaning = error instanceof AppError ? meanings[error.code] : undefined
    if (!(error instanceof AppError) || meaning === undefined) throw error
    const { subject } = error.detail
    throw new AppError("PUBLISH_FAILED", error.where, {
      subject: subject === undefined ? meaning : `${meaning}: ${subject}`,
      hint: error.hint ?? hint,
    })
  }
}

// These texts become parts of URLs that carry the user's credentials (security rule S5). What a config says holds no
// "%", "?", "#", "@" and no control character; names of files are encoded, and hold no control character either. No
// part between slashes is "." or "..", which a URL would take for a folder.
const s3Bucket = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/
const gcsBucket = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/
const forbiddenInConfig = /[%?#@\\\p{C}\p{Zl}\p{Zp}]/u
const forbiddenInNames = /[\p{C}\p{Zl}\p{Zp}]/u
const objectBytesMax = 1024
const vaultSegment = /^[A-Za-z0-9_.+=,:~ -]{1,255}$/

/** Mounts that Vault keeps for itself: no secrets engine can be there, but dangerous calls are. */
const vaultReserved: ReadonlySet<string> = new Set(["sys", "auth", "identity", "cubbyhole"])

/** @throws {AppError} `PUBLISH_NAME` */
export function checkBucket(bucket: string, kind: "s3" | "gcs"): void {
  const pattern = kind === "s3" ? s3Bucket : gcsBucket
  if (!pattern.test(bucket) || bucket.includes("..")) throw refused("the name of the bucket is not valid")
}

/**
 * The name of an object: the prefix of the config, and the name of the file right behind it.
 *
 * @throws {AppError} `PUBLISH_NAME`
 */
export function objectName(prefix: string, name: string): string {
  if (forbiddenInConfig.test(prefix)) throw refused("the prefix holds a character that is not allowed there")
  if (forbiddenInNames.test(name)) throw refused("the name of the file holds a control character")
  const object = prefix + name
  if (object.split("/").some(isDots)) throw refused('a part of the name of the object is "." or ".."')
  if (object === "" || Buffer.byteLength(object) > objectBytesMax) {
    throw refused(`the name of the object has no character, or more than ${objectBytesMax} bytes`)
  }
  return object
}

/**
 * A path below Vault's `/v1/`, part by part.
 *
 * @throws {AppError} `PUBLISH_NAME`
 */
export function vaultSegments(...texts: readonly string[]): string[] {
  const segments = texts.flatMap((text) => text.split("/")).filter((part) => part !== "")
  if (segments.some((part) => !vaultSegment.test(part) || isDots(part))) {
    throw refused("a part of the path in Vault holds a character that is not allowed there")
  }
  if (vaultReserved.has(segments[0] ?? "")) throw refused("no KV engine can be mounted there")
  return segments
}

/** Scheme and host, without anything else that an address may hold. @throws {AppError} `PUBLISH_NAME` */
export function checkAddress(address: string, what: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null
  const isPlain =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === ""
  if (isPlain && !forbiddenInConfig.test(address)) return url
  throw refused(`${what} is not an address like https://HOST:PORT`)
}

function isDots(part: string): boolean {
  return part === "." || part === ".."
}

function refused(subject: string): AppError {
  return new AppError("PUBLISH_NAME", {}, { subject })
}
