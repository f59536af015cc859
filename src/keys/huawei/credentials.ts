import { AppError } from "../../errors/app-error.ts"
import { homeFile } from "../key-files.ts"
import { jsonField, parseJson, jsonText } from "../http/json.ts"
import { send } from "../http/request.ts"
import { type KeyContext } from "../provider.ts"
import { serviceError } from "../service.ts"
import { sessionMemo } from "../session-memo.ts"
import { iamOrigin, type HuaweiCredentials, signForHuawei } from "./request.ts"

export const huaweiService = "HuaweiCloud KMS"

interface Account extends HuaweiCredentials {
  /** For errors: where the credentials came from, with the public part of them. */
  readonly as: string
  /** `""` when the IAM has to be asked for it. */
  readonly projectId: string
}

const metadataOrigin = "http://169.254.169.254"
const metadataTimeoutMs = 2000
const textShape = /^[\x21-\x7e]{1,8192}$/
const idShape = /^[A-Za-z0-9_-]{1,64}$/

const accounts = sessionMemo<Account>()
const projects = sessionMemo<string>()

/**
 * The user's account: the environment, the credentials file, the machine itself, the pod, in the order of upstream's
 * SDK.
 *
 * @throws {AppError} `KEY_NO_CREDENTIALS`
 * @see huaweicloud-sdk-go-v3 v0.1.202 core/auth/provider, BasicCredentialProviderChain
 */
export function findAccount(context: KeyContext): Promise<Account> {
  return accounts(context, "", async () => {
    if ((context.env("HUAWEICLOUD_SDK_IDP_ID") ?? "") !== "") {
      const words = "federated identities (HUAWEICLOUD_SDK_IDP_ID) are not supported"
      throw serviceError("KEY_NO_CREDENTIALS", { service: huaweiService, words, hint: "use an access key" })
    }
    const found =
      fromEnvironment(context) ?? (await fromFile(context)) ?? (await fromMachine(context)) ?? (await fromPod(context))
    if (found !== null) return found
    throw serviceError("KEY_NO_CREDENTIALS", {
      service: huaweiService,
      words: "they are neither in the environment nor in ~/.huaweicloud/credentials, and this machine has none",
      hint: "set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
    })
  })
}

function fromEnvironment(context: KeyContext): Account | null {
  const env = (name: string): string | undefined => context.env(name)
  const accessKey = env("HUAWEICLOUD_SDK_AK") ?? ""
  const secretKey = env("HUAWEICLOUD_SDK_SK") ?? ""
  if (accessKey === "" || secretKey === "") return null
  return account({
    accessKey,
    secretKey,
    securityToken: env("HUAWEICLOUD_SDK_SECURITY_TOKEN") ?? "",
    projectId: env("HUAWEICLOUD_SDK_PROJECT_ID") ?? "",
    source: "the environment",
  })
}

/** The section `basic` of an INI file. */
async function fromFile(context: KeyContext): Promise<Account | null> {
  const path = context.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE") || homeFile(context, ".huaweicloud", "credentials")
  const file = path === null ? null : await context.readFile(path)
  if (file === null) return null
  const values = new Map<string, string>()
  let section = ""
  for (const line of Buffer.from(file).toString("utf8").split(/\r?\n/)) {
    const text = line.trim()
    if (text.startsWith("[")) section = text
    const equals = text.indexOf("=")
    if (section === "[basic]" && equals > 0 && !/^[#;]/.test(text)) {
      values.set(text.slice(0, equals).trim(), text.slice(equals + 1).trim())
    }
  }
  const value = (name: string): string => values.get(name) ?? ""
  if (value("ak") === "" || value("sk") === "") return null
  return account({
    accessKey: value("ak"),
    secretKey: value("sk"),
    securityToken: value("security_token"),
    projectId: value("project_id"),
    source: "the credentials file",
  })
}

/** The agency of a machine in the cloud; elsewhere nothing answers there. */
async function fromMachine(context: KeyContext): Promise<Account | null> {
  const ask = (method: string, path: string, headers: Readonly<Record<string, string>>): Promise<string | null> =>
    send(
      { service: huaweiService, method, url: new URL(metadataOrigin + path), headers, timeoutMs: metadataTimeoutMs },
      context,
    ).then(({ status, body }) => (status === 200 ? body.toString("utf8") : null))
  try {
    const token = await ask("PUT", "/meta-data/latest/api/token", { "X-Metadata-Token-Ttl-Seconds": "21600" })
    const headers = token !== null && textShape.test(token) ? { "X-Metadata-Token": token } : {}
    const answer = await ask("GET", "/openstack/latest/securitykey", headers)
    return answer === null ? null : fromAnswer(answer, ["credential"], "the agency of this machine")
  } catch (error) {
    context.signal.throwIfAborted()
    if (error instanceof AppError) return null
    throw error
  }
}

async function fromPod(context: KeyContext): Promise<Account | null> {
  const uri = context.env("HC_CONTAINER_CREDENTIALS_FULL_URI") ?? ""
  const path = context.env("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE") ?? ""
  const file = path === "" || !URL.canParse(uri) ? null : await context.readFile(path)
  if (file === null) return null
  const authorization = Buffer.from(file).toString("utf8").trim()
  const headers = { "content-type": "application/json; charset=utf-8", authorization }
  const answer = await send({ service: huaweiService, method: "POST", url: new URL(uri), headers, body: "{}" }, context)
  return answer.status === 200 ? fromAnswer(answer.body, ["credentials"], "the identity of this pod") : null
}

function fromAnswer(answer: Uint8Array | string, path: readonly string[], source: string): Account | null {
  const json = jsonField(parseJson(answer), ...path)
  const accessKey = jsonText(json, "access") ?? jsonText(json, "accessKeyId") ?? ""
  const secretKey = jsonText(json, "secret") ?? jsonText(json, "secretAccessKey") ?? ""
  const securityToken = jsonText(json, "securitytoken") ?? jsonText(json, "securityToken") ?? ""
  if (accessKey === "" || secretKey === "") return null
  return account({ accessKey, secretKey, securityToken, projectId: "", source })
}

function account({ source, ...values }: Omit<Account, "as"> & { source: string }): Account {
  const { accessKey, secretKey, securityToken, projectId } = values
  const isUsable =
    /^[A-Za-z0-9_-]{1,128}$/.test(accessKey) &&
    textShape.test(secretKey) &&
    (securityToken === "" || textShape.test(securityToken)) &&
    (projectId === "" || idShape.test(projectId))
  if (isUsable) return { ...values, as: `the access key ${accessKey} of ${source}` }
  throw serviceError("KEY_NO_CREDENTIALS", {
    service: huaweiService,
    words: `those of ${source} hold characters that none can have`,
  })
}

/**
 * The project that stands for a region in the account.
 *
 * @throws {AppError} `KEY_NO_CREDENTIALS` when there is not exactly one
 * @see huaweicloud-sdk-go-v3 v0.1.202 core/auth/basic_credentials.go, ProcessAuthParams
 */
export function projectOf(account: Account, region: string, context: KeyContext): Promise<string> {
  if (account.projectId !== "") return Promise.resolve(account.projectId)
  return projects(context, region, async () => {
    const url = new URL(`${iamOrigin(region, context)}/v3/projects`)
    url.searchParams.set("name", region)
    const headers = signForHuawei({ method: "GET", url, headers: {}, body: "" }, account, context.now())
    const { status, body } = await send({ service: "the IAM of HuaweiCloud", method: "GET", url, headers }, context)
    const found = status === 200 ? jsonField(parseJson(body), "projects") : null
    const ids = Array.isArray(found) ? found.map((project) => jsonText(project, "id") ?? "") : []
    const [id = ""] = ids
    if (ids.length === 1 && idShape.test(id)) return id
    throw serviceError("KEY_NO_CREDENTIALS", {
      service: huaweiService,
      as: account.as,
      words: `the project of the region ${region} cannot be found out`,
      hint: "set HUAWEICLOUD_SDK_PROJECT_ID",
    })
  })
}
