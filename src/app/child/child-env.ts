import { AppError } from "../../errors/app-error.ts"
import { type EnvValue } from "./env-values.ts"

/**
 * Variables by which a file could make a child run other code, or trust and reach other machines (docs/design/security.md S10).
 * A file says them only when the user allowed the name.
 */
const dangerousNames: ReadonlySet<string> = new Set([
  // Where programs, and their settings, are looked for.
  "PATH",
  "PATHEXT",
  "COMSPEC",
  "HOME",
  "USERPROFILE",
  "XDG_CONFIG_HOME",
  "XDG_CONFIG_DIRS",
  "XDG_DATA_DIRS",
  // Shells.
  "BASH_ENV",
  "ENV",
  "IFS",
  "CDPATH",
  "FPATH",
  "PS4",
  "PROMPT_COMMAND",
  "SHELLOPTS",
  "BASHOPTS",
  "ZDOTDIR",
  "PSMODULEPATH",
  // Interpreters.
  "RUBYOPT",
  "RUBYLIB",
  "JAVA_TOOL_OPTIONS",
  "_JAVA_OPTIONS",
  "JDK_JAVA_OPTIONS",
  "CLASSPATH",
  "PHPRC",
  "PHP_INI_SCAN_DIR",
  "BUNDLE_GEMFILE",
  "ELECTRON_RUN_AS_NODE",
  "DOTNET_STARTUP_HOOKS",
  "DOTNET_ADDITIONAL_DEPS",
  // The C library: modules, tuning, and who is who.
  "GCONV_PATH",
  "GLIBC_TUNABLES",
  "LOCPATH",
  "NLSPATH",
  "HOSTALIASES",
  "RESOLV_HOST_CONF",
  // Whom programs trust, and where they write the keys of connections.
  "AWS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "REQUESTS_CA_BUNDLE",
  "SSLKEYLOGFILE",
  // Programs that others start.
  "EDITOR",
  "VISUAL",
  "PAGER",
  "MANPAGER",
  "BROWSER",
  "SHELL",
  "LESSOPEN",
  "LESSCLOSE",
  "SSH_ASKPASS",
  "SUDO_ASKPASS",
  "MAKEFLAGS",
])
const dangerousPrefixes = [
  "LD_",
  "DYLD_",
  "NODE_",
  "PYTHON",
  "PERL",
  "LUA_",
  "GEM_",
  "CORECLR_",
  "GIT_",
  "SOPS_",
  "SOTTO_",
  "BUN_",
  "DENO_",
  "SSL_CERT_",
  "OPENSSL_",
  "NPM_CONFIG_",
]

export function isDangerousName(name: string): boolean {
  const upper = name.toUpperCase()
  return (
    dangerousNames.has(upper) ||
    dangerousPrefixes.some((prefix) => upper.startsWith(prefix)) ||
    upper.endsWith("_PROXY")
  )
}

/** @throws {AppError} `ENV_NAME_INVALID`, `ENV_NAME_DANGEROUS` naming the variable, never its value */
export function checkEnvNames(values: readonly EnvValue[], allowed: readonly string[]): void {
  for (const { name, path, value } of values) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new AppError("ENV_NAME_INVALID", { path })
    if (value.includes("\0")) throw new AppError("ENV_VALUE_INVALID", { path })
    if (isDangerousName(name) && !allowed.includes(name)) {
      throw new AppError(
        "ENV_NAME_DANGEROUS",
        { path },
        { subject: name, hint: `if the child shall have it, say --allow-env ${name}` },
      )
    }
  }
}

const ownPrefixes = ["SOPS_AGE_KEY", "SOPS_AGE_SSH_", "SOTTO_"]

/** The environment of this process without what opens files: a child gets values, not identities (S11). */
export function inheritedEnv(env: ReadonlyMap<string, string>, keepEnv: boolean): Map<string, string> {
  if (keepEnv) return new Map(env)
  return new Map([...env].filter(([name]) => !ownPrefixes.some((prefix) => name.startsWith(prefix))))
}
