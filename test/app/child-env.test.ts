import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { checkEnvNames, inheritedEnv, type SourcedValue, steering } from "../../src/app/child/child-env.ts"
import { type AppError } from "../../src/errors/app-error.ts"
import { root } from "../sources.ts"

const refused =
  "PATH LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT DYLD_INSERT_LIBRARIES BASH_ENV ENV IFS NODE_OPTIONS NODE_PATH PYTHONSTARTUP " +
  "PYTHONPATH PYTHONWARNINGS PERL5OPT PERL5LIB PERLLIB RUBYOPT JAVA_TOOL_OPTIONS GIT_SSH_COMMAND GIT_CONFIG_COUNT GIT_DIR " +
  "GIT_CONFIG_KEY_0 SOPS_AGE_KEY SOPS_EDITOR SOTTO_COMPAT HOME ZDOTDIR GCONV_PATH GLIBC_TUNABLES OPENSSL_CONF " +
  "SSLKEYLOGFILE LUA_INIT LUA_PATH_5_4 DOTNET_STARTUP_HOOKS PATHEXT ComSpec path Node_Options npm_config_script_shell " +
  "LESSOPEN GOFLAGS RUSTC_WRAPPER AWS_CONFIG_FILE KUBECONFIG"
const plain =
  "TOKEN PATHS MY_PATH DATABASE_URL ENVIRONMENT NODE HOMEPAGE PORT AWS_SECRET_ACCESS_KEY GITHUB_TOKEN _ a1 EDITORS " +
  "NODE_ENV NODE_TLS_REJECT_UNAUTHORIZED NODE_EXTRA_CA_CERTS NODE_DEBUG PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE " +
  "PYTHONHASHSEED PYTHONIOENCODING GIT_TOKEN GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL GIT_TERMINAL_PROMPT EDITOR VISUAL PAGER " +
  "BROWSER http_proxy HTTPS_PROXY all_proxy NO_PROXY SSL_CERT_FILE SSL_CERT_DIR AWS_CA_BUNDLE REQUESTS_CA_BUNDLE " +
  "CURL_CA_BUNDLE NPM_CONFIG_REGISTRY NPM_CONFIG_LOGLEVEL NPM_TOKEN DENO_DEPLOY_TOKEN BUN_ENV GEM_HOST_API_KEY PERL_HASH " +
  "LD_SDK_KEY OPENSSL_PASSWORD LANG TZ LC_ALL TERM USER DEBUG LOG_LEVEL SOPS_VERSION JAVA_OPTS CORECLR_LOG"

function value(name: string, text = "canary-7f3a"): SourcedValue {
  return { name, value: text, path: ["k"], file: "a.env" }
}

async function codeFor(name: string, { text = "canary-7f3a", allowed = [] as string[] } = {}): Promise<unknown> {
  const error = await failure([value(name, text)], allowed)
  return error?.code ?? null
}

async function failure(values: readonly SourcedValue[], byOption: readonly string[] = []): Promise<AppError | null> {
  try {
    await checkEnvNames(values, { byOption, byUser: async (file) => (file === "b.env" ? ["LD_PRELOAD"] : []) })
    return null
  } catch (error) {
    expect(JSON.stringify(error)).not.toContain("canary")
    return error as AppError
  }
}

describe("S10: what a file may set", () => {
  test.each(refused.split(" "))("%s only when the user allows it", async (name) => {
    expect(await codeFor(name)).toBe("ENV_NAME_DANGEROUS")
    expect(await codeFor(name, { allowed: [`${name}X`] })).toBe("ENV_NAME_DANGEROUS")
    expect(await codeFor(name, { allowed: [name] })).toBeNull()
  })

  test.each(plain.split(" "))("%s as it likes", async (name) => expect(await codeFor(name)).toBeNull())

  test("all names are refused in one error, each with its reason, and what a user allows is not among them", async () => {
    const many = [
      value("A"),
      value("PATH"),
      value("B"),
      value("NODE_OPTIONS"),
      { ...value("LD_PRELOAD"), file: "b.env" },
    ]
    const error = await failure([...many, value("LD_PRELOAD")], ["NODE_OPTIONS"])
    expect(error?.detail.subject).toBe("PATH, LD_PRELOAD")
    expect(error?.detail.notes).toEqual([
      "PATH: programs, and the settings that name programs, are looked up there",
      "LD_PRELOAD: the loader puts code into every program",
    ])
    expect(error?.hint).toContain("--allow-env PATH,LD_PRELOAD")
  })

  test("docs/threat-model.md lists every name, with its reason", () => {
    const page = readFileSync(join(root, "docs/threat-model.md"), "utf8").replaceAll(/\s+/g, " ")
    const missing = steering.filter(({ why, names, prefixes }) => {
      const shown = [...names.split(" "), ...(prefixes?.split(" ").map((prefix) => `${prefix}*`) ?? [])]
      return !page.includes(`${why}: ${shown.map((name) => `\`${name}\``).join(", ")}`)
    })
    expect(missing).toEqual([])
  })

  test.each(["", "1a", "a-b", "a.b", "a b", "a=b", "é", "a\n", "BASH_FUNC_x%%", "a\0"])(
    "%j is no name",
    async (name) => {
      expect(await codeFor(name)).toBe("ENV_NAME_INVALID")
      expect(await codeFor(name, { allowed: [name] })).toBe("ENV_NAME_INVALID")
    },
  )

  test("one error names all invalid names", async () => {
    const error = await failure([value("a-b"), value("A"), { ...value("c.d"), path: ["c.d"] }])
    expect(error?.detail.notes).toEqual(["also c.d of a.env"])
  })

  test("a value with NUL cannot be passed on", async () =>
    expect(await codeFor("A", { text: "a\0b" })).toBe("ENV_VALUE_INVALID"))
})

describe("S11: what a child does not inherit", () => {
  const env = new Map(
    ["SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_FILE", "SOTTO_X", "TERM"].map(
      (name) => [name, "x"],
    ),
  )
  test("identities, unless the user keeps them", () => {
    expect([...inheritedEnv(env, false).keys()]).toEqual(["TERM"])
    expect(inheritedEnv(env, true)).toEqual(env)
  })
})
