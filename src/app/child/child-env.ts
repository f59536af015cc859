import { join } from "node:path"
import { type EnvValue } from "./env-values.ts"
import { configFiles } from "../machine.ts"
import { type ChildOptions } from "../options.ts"
import { type Session } from "../session.ts"
import { loadFound } from "../../config/load.ts"
import { settingsFor } from "../../config/rule.ts"
import { checkTrust } from "../../config/find.ts"
import { type Detail, type Where, AppError } from "../../errors/app-error.ts"
import { absolute } from "../../host/files.ts"

/** A value for a child, and where it comes from. */
export interface SourcedValue extends EnvValue {
  /** For people. */
  readonly file: string
}

/** Names that a file may set although they steer programs. */
interface AllowedNames {
  readonly byOption: readonly string[]
  /** Asked only when a name is needed that no option allows. */
  byUser(file: string): Promise<readonly string[]>
}

/**
 * Refuses what no child may get, all of it at once: nobody should learn of the second name from the second attempt.
 *
 * @throws {AppError} `ENV_NAME_INVALID`, `ENV_VALUE_INVALID`, `ENV_NAME_DANGEROUS` naming the variables, never a value
 */
export async function checkEnvNames(values: readonly SourcedValue[], allowed: AllowedNames): Promise<void> {
  const misnamed = values.filter(({ name }) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  if (misnamed.length > 0) throw new AppError("ENV_NAME_INVALID", ...others(misnamed))
  const unfit = values.filter(({ value }) => value.includes("\0"))
  if (unfit.length > 0) throw new AppError("ENV_VALUE_INVALID", ...others(unfit))
  const refused: SourcedValue[] = []
  for (const value of values) {
    if (whySteering(value.name) === null || allowed.byOption.includes(value.name)) continue
    if (!(await allowed.byUser(value.file)).includes(value.name)) refused.push(value)
  }
  const [first] = refused
  if (first === undefined) return
  const names = [...new Set(refused.map(({ name }) => name))]
  throw new AppError(
    "ENV_NAME_DANGEROUS",
    { file: first.file, path: first.path },
    {
      subject: names.join(", "),
      notes: names.map((name) => `${name}: ${whySteering(name)!}`),
      hint: `if the program should have them, pass --allow-env ${names.join(",")}, or allow them for good with allow_env in your own ~/.sopsrc`,
    },
  )
}

function others([first, ...more]: readonly SourcedValue[]): [where: Where, detail: Detail] {
  return [
    { file: first!.file, path: first!.path },
    { notes: more.map(({ path, file }) => `also ${path.join(".")} of ${file}`) },
  ]
}

const ownPrefixes = ["SOPS_AGE_KEY", "SOPS_AGE_SSH_", "SOTTO_"]

/** The environment of this process without what opens files: a child gets values, not identities (S11). */
export function inheritedEnv(env: ReadonlyMap<string, string>, keepEnv: boolean): Map<string, string> {
  if (keepEnv) return new Map(env)
  return new Map([...env].filter(([name]) => !ownPrefixes.some((prefix) => name.startsWith(prefix))))
}

/** Variables that a file may set only when the user allows the name, and why. */
interface Steering {
  readonly why: string
  readonly names: string
  /** Beginnings of names; only where no plain setting begins so. */
  readonly prefixes?: string
}

/**
 * Variables that make a program load or run code, or configuration that names code, of the file's choosing (security
 * rule S10). By name: settings of the same programs (`NODE_ENV`, `PYTHONUNBUFFERED`, `GIT_AUTHOR_NAME`) are what files
 * are for. docs/threat-model.md lists all of them.
 */
export const steering: readonly Steering[] = [
  {
    why: "programs, and the settings that name programs, are looked up there",
    names: "PATH PATHEXT COMSPEC HOME USERPROFILE XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_DATA_DIRS",
  },
  {
    why: "the loader puts code into every program",
    names:
      "LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT LD_ORIGIN_PATH LD_PROFILE LD_PROFILE_OUTPUT LD_DEBUG_OUTPUT LD_ELF_HINTS_PATH " +
      "LD_LIBMAP LD_PRELOAD_32 LD_PRELOAD_64 LD_AUDIT_32 LD_AUDIT_64 LD_LIBRARY_PATH_32 LD_LIBRARY_PATH_64 LDR_PRELOAD " +
      "LDR_PRELOAD64 LIBPATH SHLIB_PATH _RLD_LIST",
    prefixes: "DYLD_",
  },
  {
    why: "the C library loads modules and tables from it, or takes its word for who is who",
    names: "GCONV_PATH GETCONF_DIR GLIBC_TUNABLES LOCPATH NLSPATH HOSTALIASES RESOLV_HOST_CONF",
  },
  {
    why: "shells run it, or what it names, or split words by it",
    names:
      "BASH_ENV BASH_LOADABLES_PATH BASHOPTS CDPATH ENV FCEDIT FPATH IFS PROMPT_COMMAND PS0 PS1 PS2 PS4 PSMODULEPATH " +
      "SHELL SHELLOPTS ZDOTDIR",
  },
  {
    why: "Node, Deno, Bun and Electron load code through it",
    names:
      "NODE_OPTIONS NODE_PATH NODE_REPL_EXTERNAL_MODULE NODE_COMPILE_CACHE NODE_V8_COVERAGE ELECTRON_RUN_AS_NODE " +
      "DENO_DIR DENO_INSTALL_ROOT BUN_OPTIONS BUN_INSTALL BUN_CONFIG_PRELOAD",
  },
  {
    why: "npm and yarn take programs, scripts and further settings from it",
    names:
      "NPM_CONFIG_USERCONFIG NPM_CONFIG_GLOBALCONFIG NPM_CONFIG_SCRIPT_SHELL NPM_CONFIG_NODE_OPTIONS NPM_CONFIG_PREFIX " +
      "NPM_CONFIG_GIT NPM_CONFIG_INIT_MODULE NPM_CONFIG_EDITOR NPM_CONFIG_SHELL NPM_CONFIG_NODE_GYP NPM_CONFIG_CACHE " +
      "YARN_RC_FILENAME YARN_YARN_PATH YARN_PLUGINS",
  },
  {
    why: "Python loads code through it",
    names:
      "PYTHONSTARTUP PYTHONPATH PYTHONHOME PYTHONUSERBASE PYTHONBREAKPOINT PYTHONWARNINGS PYTHONPYCACHEPREFIX " +
      "PYTHONEXECUTABLE PYTHONPLATLIBDIR PIP_CONFIG_FILE VIRTUALENV_CONFIG_FILE",
  },
  {
    why: "Perl, Ruby, Lua, PHP and Tcl load code through it",
    names:
      "PERL5LIB PERLLIB PERL5OPT PERL5DB PERL5SHELL RUBYOPT RUBYLIB RUBYSHELL GEM_HOME GEM_PATH BUNDLE_GEMFILE BUNDLE_PATH " +
      "PHPRC PHP_INI_SCAN_DIR TCLLIBPATH",
    prefixes: "LUA_INIT LUA_PATH LUA_CPATH",
  },
  {
    why: "Java and .NET load code through it",
    names:
      "JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS CLASSPATH MAVEN_OPTS GRADLE_OPTS SBT_OPTS CATALINA_OPTS " +
      "DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS DOTNET_SHARED_STORE DOTNET_ROOT CORECLR_ENABLE_PROFILING CORECLR_PROFILER " +
      "CORECLR_PROFILER_PATH CORECLR_PROFILER_PATH_32 CORECLR_PROFILER_PATH_64 COR_ENABLE_PROFILING COR_PROFILER " +
      "COR_PROFILER_PATH",
  },
  {
    why: "Erlang, R, Julia and OCaml load code through it",
    names:
      "ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS ERL_LIBS ELIXIR_ERL_OPTIONS R_PROFILE R_PROFILE_USER R_ENVIRON R_ENVIRON_USER R_LIBS " +
      "R_LIBS_USER JULIA_LOAD_PATH JULIA_DEPOT_PATH CAML_LD_LIBRARY_PATH",
  },
  {
    why: "compilers and make run programs that it names",
    names:
      "MAKEFLAGS GNUMAKEFLAGS MAKEFILES GOFLAGS GOENV GOROOT GOTOOLCHAIN RUSTC RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER " +
      "RUSTFLAGS CARGO_HOME CMAKE_TOOLCHAIN_FILE",
  },
  {
    why: "git runs programs that it names, or reads settings that name them",
    names:
      "GIT_SSH GIT_SSH_COMMAND GIT_PROXY_COMMAND GIT_EXTERNAL_DIFF GIT_PAGER GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_ASKPASS " +
      "GIT_EXEC_PATH GIT_TEMPLATE_DIR GIT_DIR GIT_COMMON_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY " +
      "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    // GIT_CONFIG_COUNT, GIT_CONFIG_KEY_0 and the like are settings themselves.
    prefixes: "GIT_CONFIG",
  },
  {
    why: "a program runs what it names, without being asked to",
    names:
      "HGRCPATH HGEDITOR HGMERGE SVN_SSH SVN_EDITOR CVS_RSH RSYNC_RSH SSH_ASKPASS SUDO_ASKPASS LESSOPEN LESSCLOSE MANPAGER " +
      "SYSTEMD_PAGER VIMINIT EXINIT VIMRUNTIME EMACSLOADPATH RIPGREP_CONFIG_PATH FZF_DEFAULT_COMMAND CURL_HOME WGETRC",
  },
  {
    why: "tools of clouds run commands that the settings behind it name",
    names:
      "AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE CLOUDSDK_PYTHON CLOUDSDK_CONFIG KUBECONFIG DOCKER_CONFIG " +
      "TF_CLI_CONFIG_FILE ANSIBLE_CONFIG GNUPGHOME",
  },
  {
    why: "OpenSSL loads modules through it",
    names: "OPENSSL_CONF OPENSSL_CONF_INCLUDE OPENSSL_MODULES OPENSSL_ENGINES",
  },
  { why: "the keys of every connection are written there", names: "SSLKEYLOGFILE" },
  {
    why: "sops and sotto find programs, keys and configs through it",
    names: "SOPS_EDITOR SOPS_GPG_EXEC SOPS_CONFIG SOPS_KEYSERVICE SOPS_ENABLE_LOCAL_KEYSERVICE",
    prefixes: "SOPS_AGE_ SOTTO_",
  },
]

const reasons: ReadonlyMap<string, string> = new Map(
  steering.flatMap(({ why, names }) => names.split(" ").map((name) => [name, why] as const)),
)
const prefixes = steering.flatMap(({ why, prefixes: text }) =>
  (text ?? "")
    .split(" ")
    .filter(Boolean)
    .map((prefix) => [prefix, why] as const),
)

/** Why a file may not set a variable by itself; `null` if it may. On Windows the letter case does not matter. */
function whySteering(name: string): string | null {
  const upper = name.toUpperCase()
  return reasons.get(upper) ?? prefixes.find(([prefix]) => upper.startsWith(prefix))?.[1] ?? null
}

/** What `checkEnvNames` lets pass. */
export function allowedNames(session: Session, { allowEnv }: Pick<ChildOptions, "allowEnv">): AllowedNames {
  const known = new Map<string, Promise<readonly string[]>>()
  return {
    byOption: allowEnv,
    byUser(file) {
      const names = known.get(file) ?? allowedByUser(session, file)
      known.set(file, names)
      return names
    },
  }
}

/**
 * The names that the user's own `~/.sopsrc` allows a file to set. A config of a repository cannot: anybody who may
 * change it could run code on the machine of everybody who uses it (security rule S10).
 *
 * @throws {AppError} `CONFIG_UNTRUSTED` when others could have written it; its other faults
 */
async function allowedByUser(session: Session, file: string): Promise<readonly string[]> {
  const files = configFiles(session)
  const path = join(session.io.home, ".sopsrc")
  if ((await files.stat(path)) === null) return []
  await checkTrust(path, session.io.home, files)
  const config = await loadFound({ path, file: path, kind: "sopsrc", beside: null }, files)
  const settings = await settingsFor(config, { path: absolute(session.io, file), paths: files.paths })
  return settings?.allowEnv ?? []
}
