import { AppError } from "../errors/app-error.ts"
import { type Authorization, authorize, gcpService as loginService } from "../keys/gcp/authorization.ts"
import { jsonField, parseJson, jsonText } from "../keys/http/json.ts"
import { sendPatiently } from "../keys/http/patience.ts"
import { type HttpAnswer } from "../keys/http/request.ts"
import { type KeyContext } from "../keys/provider.ts"
import { uploadFailed, uploading, checkAddress, checkBucket, objectName } from "./upload.ts"

const service = "Google Cloud Storage"
const domain = /^[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,10}$/

interface GcsObject {
  readonly bucket: string
  /** As the config has it, and as the file is called: both together are the name of the object. */
  readonly prefix: string
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Puts an object into a bucket, with the credentials that Google's tools would use.
 *
 * @throws {AppError} `PUBLISH_NAME` before any request, `PUBLISH_FAILED`
 * @see https://cloud.google.com/storage/docs/json_api/v1/objects/insert
 */
export async function putGcs(object: GcsObject, context: KeyContext): Promise<void> {
  const { bucket, prefix, bytes } = object
  checkBucket(bucket, "gcs")
  const name = objectName(prefix, object.name)
  const { origin, universe } = serverOf(context)
  const path = `/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`
  const url = new URL(`${origin}${path}?uploadType=media&name=${encodeURIComponent(name)}`)
  await uploading(async () => {
    const { headers, as } = universe === null ? noLogin : await login({ origin, universe }, context)
    const answer = await sendPatiently(
      { service, method: "POST", url, headers: { ...headers, "content-type": typeOf(bytes) }, body: bytes },
      context,
    )
    if (answer.status !== 200) throw failure(answer, as)
    const stored = jsonText(parseJson(answer.body), "name")
    if (stored !== name) throw uploadFailed({ service, words: "it answered for another object" })
  })
}

/** An emulator asks nobody who they are. */
const noLogin: Authorization = { headers: {}, as: "nobody" }

/** @returns `universe: null` for an emulator, which upstream's library finds by the same variable */
function serverOf(context: KeyContext): { origin: string; universe: string | null } {
  const emulator = context.env("STORAGE_EMULATOR_HOST") ?? ""
  if (emulator !== "") {
    const address = /^https?:\/\//.test(emulator) ? emulator : `http://${emulator}`
    return { origin: checkAddress(address, "STORAGE_EMULATOR_HOST").origin, universe: null }
  }
  const universe = context.env("GOOGLE_CLOUD_UNIVERSE_DOMAIN") || "googleapis.com"
  if (!domain.test(universe)) {
    throw uploadFailed({ service, words: "GOOGLE_CLOUD_UNIVERSE_DOMAIN is not a domain" })
  }
  return { origin: `https://storage.${universe}`, universe }
}

/** The login is the one of the key provider, which names itself in its errors. */
async function login(endpoint: { origin: string; universe: string }, context: KeyContext): Promise<Authorization> {
  try {
    return await authorize(endpoint, context)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "KEY_NO_CREDENTIALS") throw error
    const said = (error.detail.subject ?? "").replace(loginService, "the login")
    throw uploadFailed({ service, words: `there are no usable credentials: ${said}`, hint: error.detail.hint })
  }
}

/** As upstream's library guesses it. */
function typeOf(bytes: Uint8Array): string {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    return "text/plain; charset=utf-8"
  } catch {
    return "application/octet-stream"
  }
}

function failure(answer: HttpAnswer, as: string): AppError {
  const reason = reasonOf(answer)
  const words = (text: string): string => `${text} (as ${as}${reason === null ? "" : `, ${reason}`})`
  switch (answer.status) {
    case 401: {
      const hint = "log in with `gcloud auth application-default login`, or make a new token"
      return uploadFailed({ service, words: words("the token is not valid or expired"), hint })
    }
    case 403: {
      const hint = "the role storage.objectUser on the bucket is needed"
      return uploadFailed({ service, words: words("access is denied"), hint })
    }
    case 404:
      return uploadFailed({ service, words: words("there is no such bucket") })
    case 429:
      return uploadFailed({ service, words: words("it is throttling requests") })
    default:
      return uploadFailed({ service, words: words(`it answered with status ${answer.status}`) })
  }
}

function reasonOf({ body }: HttpAnswer): string | null {
  const errors = jsonField(parseJson(body), "error", "errors")
  const reason = Array.isArray(errors) ? jsonText(errors[0], "reason") : null
  return reason !== null && /^[A-Za-z]{1,60}$/.test(reason) ? reason : null
}
