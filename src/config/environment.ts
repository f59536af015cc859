import { AppError } from "../errors/app-error.ts"

/** Under which name of the program a variable is read: `sotto`, `sops`, or both. */
type Face = "both" | "sops" | "sotto"

interface Variable {
  /** For people: what it is for. */
  readonly use: string
  readonly face: Face
  /** Where it is read, for the order of the documentation. */
  readonly subject: "configuration" | "opening" | "age" | "pgp" | "cloud" | "editor" | "system"
}

const both = (subject: Variable["subject"], use: string): Variable => ({ subject, use, face: "both" })
const sopsOnly = (subject: Variable["subject"], use: string): Variable => ({ subject, use, face: "sops" })
const sottoOnly = (subject: Variable["subject"], use: string): Variable => ({ subject, use, face: "sotto" })

/**
 * Every environment variable that this program reads itself, but those that name recipients, which belong to their
 * kinds. Those of SDKs and of programs that it starts (`AWS_*`,
 * `AZURE_*`, `VAULT_*`, `GPG_TTY`) are theirs.
 *
 * @see sops 3.13.2, the command line reference, for those that begin with `SOPS_`
 */
export const variables = {
  SOPS_CONFIG: both("configuration", "the config file, as `--config`"),

  SOPS_DECRYPTION_ORDER: both("opening", "kinds of recipients that are tried first, as `--decryption-order`"),
  SOPS_ENABLE_LOCAL_KEYSERVICE: both("opening", "`false`: do not unwrap in this process"),
  SOTTO_KEY_TIMEOUT: both(
    "opening",
    "seconds that one request to a key service may take: 10; all together half as long again",
  ),
  SOPS_KEYSERVICE: both("opening", "further key services, comma-separated, as `--keyservice`"),

  SOPS_AGE_KEY: both("age", "age identities themselves, one a line"),
  SOPS_AGE_KEY_FILE: both("age", "a file with age identities"),
  SOPS_AGE_KEY_CMD: both("age", "a program that prints age identities"),
  SOPS_AGE_SSH_PRIVATE_KEY_FILE: both("age", "an SSH private key that is used as an age identity"),
  SOPS_AGE_SSH_PRIVATE_KEY_CMD: both("age", "a program that prints an SSH private key"),

  SOPS_GPG_EXEC: both("pgp", "the gpg program"),
  GNUPGHOME: both("pgp", "the folder of gpg's key rings"),

  GOOGLE_CREDENTIALS: both("cloud", "a service account for GCP KMS: its file, or its JSON"),
  GOOGLE_OAUTH_ACCESS_TOKEN: both("cloud", "an access token for GCP KMS"),
  SOPS_GCP_KMS_CLIENT_TYPE: both("cloud", "`rest`: REST instead of gRPC; the files are the same"),
  SOPS_GCP_KMS_ENDPOINT: both("cloud", "another address for GCP KMS"),
  SOPS_GCP_KMS_UNIVERSE_DOMAIN: both("cloud", "another universe for GCP KMS"),
  SOPS_HC_VAULT_ALLOWLIST: both("cloud", "`all`, `none`, or the Vault addresses that may be asked"),
  VAULT_ADDR: both("cloud", "the address of Vault; the token is sent to it without further questions"),
  VAULT_AGENT_ADDR: both("cloud", "an agent to ask instead of the Vault that a file names"),
  VAULT_TOKEN: both("cloud", "the token for Vault"),
  SOPS_VAULT_TOKEN_FILE: both("cloud", "a file with the token for Vault, when VAULT_TOKEN is not set"),
  VAULT_CONFIG_PATH: both("cloud", "instead of `~/.vault`: the file that names a token helper"),
  VAULT_NAMESPACE: both("cloud", "the namespace in Vault"),
  VAULT_HEADERS: both("cloud", "further headers for Vault, as a JSON mapping"),
  VAULT_CACERT: both("cloud", "a file with the certificate that vouches for Vault's"),
  VAULT_CACERT_BYTES: both("cloud", "that certificate itself"),
  VAULT_CLIENT_CERT: both("cloud", "a file with the certificate that tells Vault who this user is"),
  VAULT_CLIENT_KEY: both("cloud", "a file with the key of that certificate"),
  VAULT_TLS_SERVER_NAME: both("cloud", "the name that Vault's certificate has to have"),
  VAULT_SKIP_VERIFY: both("cloud", "`true`: any certificate of Vault will do"),
  VAULT_PROXY_ADDR: both("cloud", "a proxy for Vault alone, as VAULT_HTTP_PROXY"),
  HUAWEICLOUD_SDK_AK: both("cloud", "the access key for HuaweiCloud KMS"),
  HUAWEICLOUD_SDK_SK: both("cloud", "the secret key for HuaweiCloud KMS"),
  HUAWEICLOUD_SDK_SECURITY_TOKEN: both("cloud", "the token that belongs to temporary keys"),
  HUAWEICLOUD_SDK_PROJECT_ID: both("cloud", "the project in HuaweiCloud; else the IAM is asked"),
  HUAWEICLOUD_SDK_CREDENTIALS_FILE: both("cloud", "instead of `~/.huaweicloud/credentials`"),
  HUAWEICLOUD_SDK_IAM_ENDPOINT: both("cloud", "another address for the IAM of HuaweiCloud"),
  AZURE_TOKEN_CREDENTIALS: both("cloud", "which credentials of Azure are tried: `prod`, `dev`, or the name of one"),
  AWS_PROFILE: both("cloud", "the profile for AWS KMS, which has to exist; keys in the environment win"),
  AWS_DEFAULT_PROFILE: both("cloud", "the same where AWS_PROFILE is not set, if there is a profile of that name"),
  HTTPS_PROXY: both("cloud", "the proxy for key services"),
  HTTP_PROXY: both("cloud", "the proxy for key services without TLS"),
  NO_PROXY: both("cloud", "hosts, domains and ranges of addresses that are reached without a proxy"),
  SSL_CERT_FILE: both("cloud", "a file with further certificates that vouch for key services"),

  SOPS_EDITOR: both("editor", "the editor of `edit`"),
  EDITOR: both("editor", "the editor of `edit`, after SOPS_EDITOR"),

  HOME: both(
    "system",
    "the user's folder: identities in `.config/sops/age` and `.ssh`; the search for a config ends there",
  ),
  XDG_CONFIG_HOME: both("system", "the folder of `sops/age/keys.txt`"),
  XDG_CACHE_HOME: both("system", "the folder of compiled code, which makes the next run faster"),
  NODE_DISABLE_COMPILE_CACHE: both("system", "not empty: no compiled code is kept"),
  XDG_STATE_HOME: sottoOnly("system", "the folder of encrypted drafts and of servers that you agreed to"),
  XDG_RUNTIME_DIR: sottoOnly(
    "system",
    "a folder for plaintext that `edit` shows the editor, when /dev/shm is not there",
  ),
  APPDATA: both("system", "on Windows, the folder of `sops/age/keys.txt`"),
  LOCALAPPDATA: sottoOnly("system", "on Windows, the folder of encrypted drafts and of servers that you agreed to"),
  TMPDIR: both("system", "the folder of temporary files"),
  PATH: both("system", "where gpg, mkfifo, the editor and plugins are looked for"),
  NO_COLOR: both("system", "not empty: no colours"),
  FORCE_COLOR: sottoOnly("system", "not empty: colours even without a terminal; `0` or `false`: none"),
  TERM: both("system", "`dumb`: no colours"),
  SOTTO_IDLE_KEY: sottoOnly("system", "set by the hook that `git install` writes, for `git hook`"),
  SOTTO_MERGE_VERBOSE: sottoOnly("system", "`1`: `merge-driver` says what it merged"),
  SOTTO_COMPAT: both("system", "`sops`: the program answers as sops does, whatever name it is called by"),
  SOPS_DISABLE_VERSION_CHECK: sopsOnly("system", "accepted: `--version` never asks for the newest release"),
  _CLI_ZSH_AUTOCOMPLETE_HACK: sopsOnly("system", "`1`: completion prints descriptions"),
} as const satisfies Record<string, Variable>

export type VariableName = keyof typeof variables

export interface Environment {
  /** As it is set: a variable that is set but empty is `""`, and counts as set. */
  text(name: string): string | undefined
  /** @throws {AppError} `ENVIRONMENT_INVALID` when it is set to something that is not a boolean; empty is `false` */
  flag(name: string): boolean | undefined
  /** Comma-separated and trimmed; pieces that are empty are left out. */
  list(name: string): readonly string[] | undefined
}

/** A view of the process's variables. */
export function environment(read: (name: string) => string | undefined): Environment {
  return {
    text: read,
    flag(name) {
      const text = read(name)
      return text === undefined ? undefined : parseFlag(name, text)
    },
    list(name) {
      const pieces = read(name)?.split(",")
      return pieces?.map((piece) => piece.trim()).filter((piece) => piece !== "")
    },
  }
}

/** Go's strconv.ParseBool, which upstream's flag library uses, with its rule for an empty variable. */
function parseFlag(name: string, text: string): boolean {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true
  if (["", "0", "f", "F", "FALSE", "false", "False"].includes(text)) return false
  throw new AppError("ENVIRONMENT_INVALID", {}, { subject: `${name} must be true or false` })
}
