import { type Conversation } from "../core/conversation.ts"
import { type Recipient, type RecipientType, type WrappedKey } from "../core/recipient.ts"
import { type SecretBytes } from "../core/secret.ts"

/** The machine, as far as a key provider may touch it. `host` and `app` build it; tests pass their own. */
export interface KeyContext {
  /** An environment variable; `undefined` when it is not set. A variable that is set but empty is `""`. */
  env(name: string): string | undefined
  readonly platform: NodeJS.Platform
  /** The user's home folder, `""` when it is not known. */
  readonly home: string
  /** `null` when there is no such file. @throws {AppError} when it is there and cannot be read */
  readFile(path: string): Promise<Uint8Array | null>
  /** Runs a program without a shell; its output is never shown. */
  run(program: string, args: readonly string[], options?: HelperOptions): Promise<RunResult>
  /**
   * Starts a program without a shell and keeps talking with it: age plugins. Its working folder is the temp folder and
   * its standard error is thrown away. `null` when it could not be started.
   */
  talk(program: string, args: readonly string[], options?: TalkOptions): Promise<Conversation | null>
  /** What the file system says of a path, links followed; `null` when nothing is there. */
  stat(path: string): Promise<PathFacts | null>
  /** Folders whose content strangers may have written: the working folder, the git top level of it and of the files. */
  readonly workspace: readonly string[]
  /** The user's number; `null` where there is none (Windows). */
  readonly uid: number | null
  /** Asks on the terminal, one question after the other. `hidden`: without echo. `null`: there is no terminal. */
  prompt(question: string, options: { hidden: boolean }): Promise<string | null>
  /** One line for people, on stderr. */
  notice(text: string): void
  /** What the face that was called decides: upstream's weaker defaults hold where docs/design/security.md says so. */
  readonly dialect: KeyDialect
  /** Requests are signed with it. */
  now(): Date
  /** Of this machine; only where upstream puts it into a session name. */
  readonly hostName?: string
  /** Addresses of Vault servers that the user's own words name. What a file or its repository names does not count. */
  namedVaults?(): readonly string[]
  /** The user's own AWS credentials stand in for a profile that a file names and that is not here. */
  readonly awsFallback?: boolean
  /** Vault servers that the user agreed to at a terminal, now or in an earlier run. */
  readonly agreedVaults?: AgreedServers
  readonly signal: AbortSignal
  /** Has a task done at the end of the whole run, whatever the signal is. */
  whenOver(task: () => void): void
  /** How far a provider may go now. Unwrapping goes up step by step, so that nobody is asked without need. */
  readonly effort: Effort
  /** One object for the whole run: what providers remember (loaded identities, opened keys) hangs on it. */
  readonly session: object
}

/**
 * `silent`: the environment and files only. `programs`: also commands that the user set up (`SOPS_AGE_KEY_CMD`).
 * `any`: also prompts, plugins, and whatever else may need a hand or a touch.
 */
export type Effort = "silent" | "programs" | "any"

/** By origin. */
interface AgreedServers {
  list(): Promise<readonly string[]>
  /** For later runs. */
  add(origin: string): Promise<void>
}

interface HelperOptions {
  readonly input?: Uint8Array
  /** Added to the environment of the child. */
  readonly env?: Readonly<Record<string, string>>
  /** Stops reading, and the child, after that many bytes of output. */
  readonly outputBytesMax?: number
  /** Ends the child. The context's own signal does so in any case. */
  readonly signal?: AbortSignal
}

interface TalkOptions {
  /** Ends the child. The context's own signal does so in any case. */
  readonly signal?: AbortSignal
}

export interface PathFacts {
  /** Absolute, links resolved. */
  readonly realPath: string
  readonly isFile: boolean
  /** Permission bits, with the sticky bit. */
  readonly mode: number
  /** Of the owner; `null` where there is none (Windows). */
  readonly uid: number | null
}

export interface RunResult {
  /** Exit status; `null` when it was ended by a signal. */
  readonly status: number | null
  readonly stdout: Uint8Array
  readonly stderr: string
  /** The program could not be started. */
  readonly missing: boolean
}

/** One kind of recipient. */
export interface KeyProvider {
  /**
   * The recipient with all that has to be in the file beside the wrapped data key, where users may leave something
   * out: the version of a key. Asked for before `wrap`.
   *
   * @throws {AppError} when that cannot be found out
   */
  complete?(recipient: Recipient, context: KeyContext): Promise<Recipient>
  /** @returns the `enc` field. @throws {AppError} when the data key cannot be wrapped for this recipient */
  wrap(dataKey: SecretBytes, recipient: Recipient, context: KeyContext): Promise<string>
  /**
   * @returns the data key or share, or `null` when no identity here fits this entry
   * @throws {AppError} only when the entry is ours and is broken, or the service failed
   */
  unwrap(entry: WrappedKey, context: KeyContext): Promise<SecretBytes | null>
  /**
   * Whether the user has to be asked something before a service can be: then the entry waits until those that need no
   * answer have failed, and `agree` asks. Requests are timed, and people are not.
   */
  needsAnswer?(recipient: Recipient, context: KeyContext): Promise<boolean>
  /** @throws {AppError} when the user does not agree, or cannot be asked */
  agree?(recipient: Recipient, context: KeyContext): Promise<void>
  /**
   * Whether what opened an entry in this run is the private side of its recipient. The recipient of an entry is not
   * authenticated, and a stanza of the user's own may be beside the name of somebody else. Without this, unwrapping
   * has shown it: the service was asked for that very key.
   */
  isFor?(entry: WrappedKey, context: KeyContext): Promise<boolean>
  /** Why `unwrap` returned `null`: where identities were looked for, and what was found. Asked for errors only. */
  explain?(entry: WrappedKey, context: KeyContext): Promise<Explanation>
}

export interface Explanation {
  readonly places: readonly SearchedPlace[]
  /** The whole message of upstream for this entry, on one line. */
  readonly asUpstream: string
  /** Instead of "no identity here fits", when more is known. */
  readonly reasons?: readonly string[] | undefined
  /** What to do next, where it is not to get an identity. */
  readonly hint?: string | undefined
}

/** One place where identities may be. */
export interface SearchedPlace {
  /** A variable or a path. */
  readonly name: string
  /** `absent`: not set, not there. `empty`: there, without an identity. */
  readonly state: "absent" | "empty" | "found" | "failed"
  /** Recipients of the identities that were found there, as far as they are known. */
  readonly holds: readonly string[]
  /** One reason for each thing that failed. Never text of an identity. */
  readonly reasons: readonly string[]
}

/** Eager facts, lazy code: `--help`, or opening with age, must not load a cloud SDK. */
export interface Manifest {
  readonly type: RecipientType
  /** For people. */
  readonly title: string
  /** Unwrapping asks a service on the network. */
  readonly isOnline: boolean
  readonly load: () => Promise<KeyProvider>
}

const ranks: Readonly<Record<Effort, number>> = { silent: 0, programs: 1, any: 2 }

/** Whether something that needs an effort may be done now. */
export function reaches(allowed: Effort, needed: Effort): boolean {
  return ranks[allowed] >= ranks[needed]
}

/** What the two faces of the program decide differently about keys. */
export interface KeyDialect {
  /** Where age identities are looked for when no variable names a place: upstream's one, or all that any guide names. */
  readonly identityPlaces: "upstream" | "all"
  /** One line of a key file that is not an identity makes the whole file unusable. */
  readonly strictKeyFiles: boolean
  /** What is asked for a locked identity. */
  passphraseQuestion(place: string, of: "identity" | "ssh key"): string
  /** How often, before the identity counts as locked. */
  readonly passphraseTriesMax: number
  /** A recipient that asks for an age plugin needs the user's consent (security rule S6). */
  readonly asksBeforePlugins: boolean
  /** The program that `SOPS_GPG_EXEC` names runs wherever it lies (security rule S6). */
  readonly trustsNamedGpg: boolean
  /** AWS_PROFILE stands in for a profile that a file names and that is not here. */
  readonly takesAwsProfile: boolean
  /** A Vault server gets a token although only the file names it. */
  readonly trustsAnyVault: boolean
  /** Wrapping for a Vault key that is not there goes on, and Vault creates it. */
  readonly createsVaultKeys: boolean
  /** The name of this machine is in the names of AWS sessions. */
  readonly namesHostInSessions: boolean
  /** The answers of a key service say in upstream's words why a data key could not be had. */
  readonly explainsAsUpstream: boolean
  /** The address of a key service that is not one is named and skipped. */
  readonly skipsBadServices: boolean
  /** A key service that is not on this machine is warned of: data keys go to it in the clear. */
  readonly warnsOfRemoteServices: boolean
}

interface Derived {
  readonly signal?: AbortSignal | undefined
  readonly effort: Effort
  /** No program is started and nobody is asked, whatever a driver wants: it is as if there were none. */
  readonly isAlone?: boolean
}

/** The same machine with another effort; with a signal, what it starts ends with that. */
export function deriveContext(context: KeyContext, { signal, effort, isAlone = false }: Derived): KeyContext {
  const nobody = { status: null, stdout: new Uint8Array(), stderr: "", missing: true }
  return {
    env: (name) => context.env(name),
    platform: context.platform,
    home: context.home,
    readFile: (path) => context.readFile(path),
    run: async (program, args, options) =>
      isAlone ? nobody : context.run(program, args, signal === undefined ? options : { signal, ...options }),
    talk: async (program, args, options) =>
      isAlone ? null : context.talk(program, args, signal === undefined ? options : { signal, ...options }),
    stat: (path) => context.stat(path),
    get workspace() {
      return context.workspace
    },
    get uid() {
      return context.uid
    },
    prompt: async (question, options) => (isAlone ? null : context.prompt(question, options)),
    notice: (text) => {
      if (!isAlone) context.notice(text)
    },
    dialect: context.dialect,
    now: () => context.now(),
    ...(context.hostName === undefined ? {} : { hostName: context.hostName }),
    namedVaults: () => context.namedVaults?.() ?? [],
    ...(context.awsFallback === true ? { awsFallback: true } : {}),
    ...(context.agreedVaults === undefined ? {} : { agreedVaults: context.agreedVaults }),
    session: context.session,
    get signal() {
      return signal ?? context.signal
    },
    whenOver: (task) => context.whenOver(task),
    effort,
  }
}
