import { type Outcome, type Session } from "../../app/session.ts"
import {
  changeFlags,
  flag,
  flags,
  type Flags,
  keyServiceFlags,
  recipientFlags,
  repeated,
  selectorFlags,
  typeFlags,
} from "./flags.ts"
import { type FlagSpec } from "./grammar.ts"

/** What a command gets: its own flags, those that stood before its name, and the words that are no flags. */
export interface SopsInput {
  readonly flags: Flags
  readonly global: Flags
  readonly args: readonly string[]
}

export interface SopsCommand {
  readonly flags: readonly FlagSpec[]
  /** `--verbose` counts, before and behind its name; elsewhere upstream ignores it. */
  readonly isVerbose?: boolean
  /** Of its arguments, for the help text. */
  readonly usage: string
  readonly load: () => Promise<Action>
}

/** `fatal` ends the call with a fatal line of the log and status 1, as uncoded errors of upstream do. */
export type Action = (session: Session, input: SopsInput) => Promise<Outcome & Fatal>

export interface Fatal {
  readonly fatal?: string
  /** Who says it; else the commands themselves. */
  readonly logger?: "EXEC"
}

/** `groups` and `completion`: flags stop at the first argument, which names a command of their own. */
export interface SopsContainer {
  readonly commands: ReadonlyMap<string, SopsCommand>
}

const helpFlag = flag("help")

const decrypt: SopsCommand = {
  flags: [
    ...flags("in-place", "extract", "output", ...typeFlags, "ignore-mac", "filename-override", "decryption-order"),
    // Upstream does not have it here, and community.sops passes it all the same.
    flag("aws-profile"),
    ...flags(...keyServiceFlags),
    helpFlag,
  ],
  usage: "[file]",
  load: async () => (await import("./commands/decrypt.ts")).decryptAction,
}

const encrypt: SopsCommand = {
  flags: [
    ...flags("in-place", "output", ...recipientFlags, ...typeFlags, ...selectorFlags, "encryption-context"),
    ...flags("shamir-secret-sharing-threshold", "filename-override", ...keyServiceFlags),
    // Releases up to 3.13.3 have them in the old form only; they will be taken here too.
    ...flags("unencrypted-comment-regex", "encrypted-comment-regex"),
    helpFlag,
  ],
  usage: "[file]",
  load: async () => (await import("./commands/encrypt.ts")).encryptAction,
}

const rotate: SopsCommand = {
  flags: [
    ...flags("in-place", "output", ...typeFlags, "encryption-context", ...changeFlags),
    ...flags("filename-override", "decryption-order", ...keyServiceFlags),
    helpFlag,
  ],
  usage: "file",
  load: async () => (await import("./commands/rotate.ts")).rotateAction,
}

const edit: SopsCommand = {
  flags: [
    ...flags(...recipientFlags, ...typeFlags, ...selectorFlags, "encryption-context"),
    ...flags("shamir-secret-sharing-threshold", "show-master-keys", "ignore-mac", "decryption-order"),
    ...flags(...keyServiceFlags),
    helpFlag,
  ],
  usage: "file",
  load: async () => (await import("./commands/edit.ts")).editAction,
}

const change = ["shamir-secret-sharing-threshold", "ignore-mac", "decryption-order", "idempotent"] as const

const set: SopsCommand = {
  flags: [...flags(...typeFlags, "value-file", "value-stdin", ...change, ...keyServiceFlags), helpFlag],
  usage: "file index [value]",
  load: async () => (await import("./commands/set.ts")).setAction,
}

const unset: SopsCommand = {
  flags: [...flags(...typeFlags, ...change, ...keyServiceFlags), helpFlag],
  usage: "file index",
  load: async () => (await import("./commands/set.ts")).unsetAction,
}

const execEnv: SopsCommand = {
  flags: [...flags("background", "pristine", "user", "same-process", "decryption-order", ...keyServiceFlags), helpFlag],
  usage: "[file to decrypt] [command to run]",
  load: async () => (await import("./commands/exec.ts")).execEnvAction,
}

const execFile: SopsCommand = {
  flags: [
    ...flags("background", "no-fifo", "user", ...typeFlags, "filename", "decryption-order", ...keyServiceFlags),
    helpFlag,
  ],
  usage: "[file to decrypt] [command to run]",
  load: async () => (await import("./commands/exec.ts")).execFileAction,
}

const filestatus: SopsCommand = {
  flags: [flag("input-type"), helpFlag],
  usage: "file",
  load: async () => (await import("./commands/filestatus.ts")).filestatusAction,
}

const keyservice: SopsCommand = {
  flags: [...flags("network", "address", "prompt", "verbose"), helpFlag],
  isVerbose: true,
  usage: "",
  load: async () => (await import("./commands/keyservice.ts")).keyserviceAction,
}

const updatekeys: SopsCommand = {
  flags: [...flags("yes", "input-type", ...keyServiceFlags), helpFlag],
  usage: "file [more files...]",
  load: async () => (await import("./commands/updatekeys.ts")).updatekeysAction,
}

const publish: SopsCommand = {
  flags: [...flags("yes", "omit-extensions", "recursive", "verbose", "decryption-order", ...keyServiceFlags), helpFlag],
  isVerbose: true,
  usage: "file",
  load: async () => (await import("./commands/publish.ts")).publishAction,
}

const addGroup: SopsCommand = {
  flags: [
    flag("file"),
    ...(["pgp", "kms"] as const).map(repeated),
    flag("aws-profile"),
    ...(["gcp-kms", "hckms", "azure-kv", "hc-vault-transit", "age"] as const).map(repeated),
    ...flags("in-place", "shamir-secret-sharing-threshold", "encryption-context", ...keyServiceFlags),
    helpFlag,
  ],
  usage: "",
  load: async () => (await import("./commands/groups.ts")).addGroupAction,
}

const deleteGroup: SopsCommand = {
  flags: [...flags("file", "in-place", "shamir-secret-sharing-threshold", ...keyServiceFlags), helpFlag],
  usage: "[index]",
  load: async () => (await import("./commands/groups.ts")).deleteGroupAction,
}

const groups: SopsContainer = {
  commands: new Map([
    ["add", addGroup],
    ["delete", deleteGroup],
  ]),
}

const completion: SopsContainer = {
  commands: new Map([
    ["bash", script("bash")],
    ["zsh", script("zsh")],
  ]),
}

function script(shell: "bash" | "zsh"): SopsCommand {
  return {
    flags: [helpFlag],
    usage: "",
    load: async () => {
      const { sopsCompletionScript } = await import("./complete.ts")
      return async () => ({ output: sopsCompletionScript(shell) })
    },
  }
}

/** In the order of the help text. */
export const sopsCommands: ReadonlyMap<string, SopsCommand | SopsContainer> = new Map<
  string,
  SopsCommand | SopsContainer
>([
  ["completion", completion],
  ["exec-env", execEnv],
  ["exec-file", execFile],
  ["publish", publish],
  ["keyservice", keyservice],
  ["filestatus", filestatus],
  ["groups", groups],
  ["updatekeys", updatekeys],
  ["decrypt", decrypt],
  ["encrypt", encrypt],
  ["rotate", rotate],
  ["edit", edit],
  ["set", set],
  ["unset", unset],
])

/** What may stand before a command, and all of the old form `sops -d FILE`. */
export const topFlags: readonly FlagSpec[] = [
  ...flags("decrypt", "encrypt", "rotate", "disable-version-check", "check-for-updates", ...recipientFlags),
  ...flags("in-place", "extract", ...typeFlags, "show-master-keys", ...changeFlags, "ignore-mac"),
  ...flags("mac-only-encrypted", ...selectorFlags, "unencrypted-comment-regex", "encrypted-comment-regex"),
  ...flags("config", "encryption-context", "set", "shamir-secret-sharing-threshold", "indent", "verbose", "output"),
  ...flags("filename-override", "decryption-order", ...keyServiceFlags),
  helpFlag,
  flag("version"),
]

export function hasCommands(command: SopsCommand | SopsContainer): command is SopsContainer {
  return "commands" in command
}
