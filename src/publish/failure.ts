import { AppError } from "../errors/app-error.ts"
import { type Code } from "../errors/catalog.ts"

export interface UploadFacts {
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
  KEY_THROTTLED: "the service is asked too often",
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
