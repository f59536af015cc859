import { describe, expect, test } from "vitest"
import { checkEnvNames, inheritedEnv } from "../../src/app/child/child-env.ts"

const steering =
  "PATH LD_PRELOAD LD_LIBRARY_PATH DYLD_INSERT_LIBRARIES BASH_ENV ENV IFS NODE_OPTIONS NODE_PATH PYTHONSTARTUP " +
  "PYTHONPATH PERL5OPT PERL5LIB PERLLIB RUBYOPT JAVA_TOOL_OPTIONS GIT_SSH_COMMAND GIT_CONFIG_COUNT http_proxy " +
  "HTTPS_PROXY all_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR SOPS_AGE_KEY SOPS_EDITOR SOTTO_COMPAT HOME ZDOTDIR " +
  "GCONV_PATH GLIBC_TUNABLES OPENSSL_CONF SSLKEYLOGFILE LUA_INIT LUA_PATH_5_4 DOTNET_STARTUP_HOOKS PATHEXT ComSpec " +
  "path Node_Options"
const harmless =
  "TOKEN PATHS MY_PATH DATABASE_URL ENVIRONMENT NODE HOMEPAGE PORT AWS_SECRET_ACCESS_KEY GITHUB_TOKEN _ a1 EDITORS"

function codeFor(name: string, { value = "canary-7f3a", allowed = [] as string[] } = {}): unknown {
  try {
    checkEnvNames([{ name, value, path: ["k"] }], allowed)
    return null
  } catch (error) {
    expect(JSON.stringify(error)).not.toContain("canary")
    return (error as { code: unknown }).code
  }
}

describe("S10: what a file may set", () => {
  test.each(steering.split(" "))("%s only when the user allows it", (name) => {
    expect(codeFor(name)).toBe("ENV_NAME_DANGEROUS")
    expect(codeFor(name, { allowed: [`${name}X`] })).toBe("ENV_NAME_DANGEROUS")
    expect(codeFor(name, { allowed: [name] })).toBeNull()
  })

  test.each(harmless.split(" "))("%s as it likes", (name) => expect(codeFor(name)).toBeNull())

  test.each(["", "1a", "a-b", "a.b", "a b", "a=b", "é", "a\n", "BASH_FUNC_x%%", "a\0"])("%j is no name", (name) => {
    expect(codeFor(name)).toBe("ENV_NAME_INVALID")
    expect(codeFor(name, { allowed: [name] })).toBe("ENV_NAME_INVALID")
  })

  test("a value with NUL cannot be passed on", () => expect(codeFor("A", { value: "a\0b" })).toBe("ENV_VALUE_INVALID"))
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
