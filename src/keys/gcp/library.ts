import { type AuthClient, GoogleAuth, gaxios } from "google-auth-library"
import { AppError } from "../../errors/app-error.ts"
import { type Authorization, gcpService, type Endpoint } from "./authorization.ts"
import { type TlsSettings } from "../http/connections.ts"
import { jsonField } from "../http/json.ts"
import { liveContexts, sessionMemo } from "../session-memo.ts"
import { send } from "../http/request.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"

/** As upstream asks for. */
const scopes = ["https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/cloudkms"]
/** Any project will do: the library would start gcloud to find one, and nothing here needs it. */
const anyProject = "-"
const emailShape = /^[A-Za-z0-9._%+@:-]{3,200}$/

// The library warns on standard error of every machine that is not one of Google's. What was looked for, and where, is said
// by our error, once.
const { emitWarning } = process
process.emitWarning = (...args: unknown[]): void => {
  if (args[1] !== "MetadataLookupWarning") Reflect.apply(emitWarning, process, args)
}

const clients = sessionMemo<AuthClient>()
/** One for the process: the library has one client for the metadata server. */
const calls = liveContexts()

/**
 * Credentials that Google's library finds and makes tokens of: service accounts, users of gcloud, workload identity,
 * impersonation, the metadata server.
 *
 * @param credentials - a parsed credentials file; `null` for the application default credentials
 * @throws {AppError} `KEY_NO_CREDENTIALS`, or what a request failed with
 */
export async function authorizeByLibrary(
  credentials: object | null,
  endpoint: Endpoint,
  context: KeyContext,
): Promise<Authorization> {
  const source = credentials === null ? "the application default credentials" : "GOOGLE_CREDENTIALS"
  try {
    const client = await clients(context, source, () => logIn(credentials, endpoint, context))
    if (endpoint.universe !== null && client.universeDomain !== endpoint.universe) {
      throw serviceError("KEY_NO_CREDENTIALS", {
        service: gcpService,
        as: source,
        words: "the credentials belong to another universe",
        hint: "set SOPS_GCP_KMS_UNIVERSE_DOMAIN to theirs",
      })
    }
    const headers = await calls.during(context, () => client.getRequestHeaders(`${endpoint.origin}/`))
    return { headers: Object.fromEntries(headers), as: nameOf(client) ?? source }
  } catch (error) {
    throw failure(error, source)
  }
}

async function logIn(credentials: object | null, endpoint: Endpoint, context: KeyContext): Promise<AuthClient> {
  const fetchImplementation = fetchFor("the login of Google Cloud", () => calls.current())
  // It would look for a proxy itself.
  const defaults = { fetchImplementation, noProxy: [/^/] }
  // This one asks the metadata server.
  Object.assign(gaxios.instance.defaults, defaults)
  const auth = new GoogleAuth({
    scopes,
    projectId: anyProject,
    clientOptions: { transporter: new gaxios.Gaxios(defaults) },
    ...(credentials === null ? {} : { credentials }),
  })
  // A service account then signs its tokens itself, as upstream does, and no further server is asked.
  auth.useJWTAccessWithScope = true
  auth.defaultServicePath = new URL(endpoint.origin).host
  const client = await calls.during(context, () => auth.getClient())
  // Some clients keep another one inside, which got none of the options.
  for (let inner: unknown = client; isClient(inner); inner = "sourceClient" in inner ? inner.sourceClient : null) {
    Object.assign(inner.transporter.defaults, defaults)
  }
  return client
}

function isClient(value: unknown): value is AuthClient {
  return typeof value === "object" && value !== null && "transporter" in value
}

function nameOf(client: AuthClient): string | null {
  const { email, targetPrincipal } = client as { email?: unknown; targetPrincipal?: unknown }
  const name = targetPrincipal ?? email
  return typeof name === "string" && emailShape.test(name) ? name : null
}

/** Texts of the library are not shown: they quote files and answers. */
function failure(error: unknown, source: string): AppError {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof AppError) return at
  }
  const code = oauthCode(error)
  return serviceError("KEY_NO_CREDENTIALS", {
    service: gcpService,
    as: source,
    words: code === null ? "they give no token, or there are none" : `they give no token (${code})`,
    hint: "log in with `gcloud auth application-default login`, or set GOOGLE_CREDENTIALS or GOOGLE_APPLICATION_CREDENTIALS",
  })
}

/** `invalid_grant` and its kin (RFC 6749): in the answer, or at the start of the text that was made of it. */
function oauthCode(error: unknown): string | null {
  const [, named] = error instanceof Error ? (/^Error code ([a-z_]{3,40})\b/.exec(error.message) ?? []) : []
  if (named !== undefined) return named
  const data: unknown = error instanceof gaxios.GaxiosError ? error.response?.data : null
  const code = typeof data === "object" && data !== null && "error" in data ? data.error : null
  return typeof code === "string" && /^[a-z_]{3,40}$/.test(code) ? code : null
}

/** What Google's library passes along, as far as it counts here. */
interface Init {
  readonly method?: string | undefined
  readonly headers?: ConstructorParameters<typeof Headers>[0]
  readonly body?: unknown
  readonly agent?: unknown
}

/**
 * The `fetch` that Google's library gets: the same rules for proxies, certificates, redirects, sizes and time hold for
 * its requests as for our own.
 */
function fetchFor(service: string, contextOf: () => KeyContext): typeof globalThis.fetch {
  return async (input, init: Init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const body = bodyOf(init.body)
    const tls = certificateOf(init.agent)
    const answer = await send(
      {
        service,
        url,
        method: init.method ?? "GET",
        headers: Object.fromEntries(new Headers(init.headers)),
        ...(body === undefined ? {} : { body }),
        ...(tls === undefined ? {} : { tls }),
      },
      contextOf(),
    )
    const hasBody = answer.status !== 204 && answer.status !== 304
    return new Response(hasBody ? new Uint8Array(answer.body) : null, {
      status: answer.status,
      headers: { ...answer.headers },
    })
  }
}

function bodyOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body === "string" || body instanceof Uint8Array) return body
  if (body instanceof URLSearchParams) return body.toString()
  throw new TypeError("a body of an unknown kind")
}

/** Workload identity by certificates hands them over in an agent. */
function certificateOf(agent: unknown): TlsSettings | undefined {
  const certificate = textOf(jsonField(agent, "options", "cert"))
  const key = textOf(jsonField(agent, "options", "key"))
  return certificate === null || key === null ? undefined : { certificate, key }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" || Buffer.isBuffer(value) ? value.toString() : null
}
