import { type OptionSpec } from "./spec.ts"

/** Every command takes these, before its name too. */
export const globalOptions = {
  config: {
    kind: "text",
    value: "FILE",
    env: "SOPS_CONFIG",
    summary: "use this config file instead of the nearest .sopsrc or .sops.yaml",
  },
  ageKeyFile: {
    kind: "text",
    value: "FILE",
    summary: "read age identities from this file, instead of the one that SOPS_AGE_KEY_FILE names",
  },
  json: { kind: "flag", summary: "print errors, and what the command reports, as JSON for tools" },
  keyservice: {
    kind: "list",
    separator: ",",
    value: "URI",
    env: "SOPS_KEYSERVICE",
    summary: "also ask this key service: unix:///PATH or tcp://HOST:PORT; may be repeated",
  },
  enableLocalKeyservice: {
    kind: "choice",
    value: "BOOL",
    choices: ["true", "false"],
    summary: "false: wrap and unwrap with other key services only",
  },
  quiet: {
    kind: "flag",
    short: "q",
    summary: "print only questions, warnings and errors: no progress, no report of what was done",
  },
  help: { kind: "flag", short: "h", summary: "print help" },
} as const satisfies Record<string, OptionSpec>

/** What may stand where a command's name is expected. */
export const programOptions = {
  ...globalOptions,
  version: { kind: "flag", short: "v", summary: "print the version; with --json also what is bundled" },
} as const satisfies Record<string, OptionSpec>
