import { keyCatalog } from "./key-catalog.ts"
import { programCatalog, gitCatalog } from "./program-catalog.ts"

/** What is said of one code. */
export interface CatalogEntry {
  readonly exit: number
  readonly title: string
  readonly hint: string | undefined
}

const earlierVersion = "see what changed: git diff {file}, and restore an earlier version: git checkout {file}"
const lastGoodVersion =
  "see what changed: git diff {file}, and undo it: git checkout {file}; if a server merged it by line, mend it with " +
  "`sotto repair {file}`; --ignore-mac opens the file as it is"

/**
 * Every expected failure. Exit statuses follow sops (cmd/sops/codes/codes.go), so existing wrapper scripts keep
 * working; 64 is a usage error and 70 a bug of ours. Keep the blocks of one subject together.
 */
export const catalog = {
  ...keyCatalog,
  ...programCatalog,
  ...gitCatalog,

  // The text of a file.
  SYNTAX: {
    exit: 2,
    title: "the file is not valid in its format",
    hint: "fix that place; if the file has another format, name it with --input-type",
  },
  NOT_UTF8: { exit: 2, title: "the file is not UTF-8 text", hint: "treat it as binary: --input-type binary" },
  ROOT_NOT_MAP: {
    exit: 2,
    title: "the root of the file is not a mapping, which sops cannot seal",
    hint: "seal the whole file in a container with --container",
  },
  DUPLICATE_KEY: { exit: 2, title: "duplicate key in a mapping", hint: "remove one of the two" },
  KEY_NOT_STRING: { exit: 23, title: "a mapping key is not a string", hint: "put the key in quotes" },
  VALUE_UNSUPPORTED: {
    exit: 23,
    title: "a value has a type that sops cannot seal",
    hint: "put the value in quotes",
  },
  INI_BARE_KEY: {
    exit: 2,
    title: "a line of the INI file has a key without a value, which sops cannot seal",
    hint: "put a `=` after the key, or seal the whole file in a container with --container",
  },
  CONFLICT_MARKERS: {
    exit: 1,
    title: "git left conflict markers in the file",
    hint: "choose one of the two sides, and remove the markers",
  },
  NO_DOCUMENT: { exit: 92, title: "the file contains no document", hint: "put a value into it first" },
  TOO_LARGE: {
    exit: 2,
    title: "the file exceeds a limit",
    hint: "docs/threat-model.md lists the limits; any file can be sealed as one value with --input-type binary",
  },
  ALREADY_SEALED: {
    exit: 203,
    title: "the file is already sealed",
    hint: "change it with `sotto edit` or `sotto set`",
  },
  INPUT_EMPTY: {
    exit: 1,
    title: "nothing came on standard input",
    hint: "name a sealed file, or pipe one into this command",
  },
  NOT_SEALED: {
    exit: 1,
    title: "sops metadata not found: the file is not sealed",
    hint: "seal it with `sotto encrypt -i`",
  },
  METADATA_LOST: {
    exit: 1,
    title: "the file holds sealed values, but its sops metadata is gone, and without it nobody can open them",
    hint: "restore it: git checkout {file} (git log {file} shows older versions)",
  },

  // Metadata.
  METADATA_INVALID: {
    exit: 1,
    title: "the file's metadata is not valid",
    hint: earlierVersion,
  },
  NO_KEYS: {
    exit: 1,
    title: "the metadata names no recipient: nobody can open this file",
    hint: earlierVersion,
  },

  // Tokens and what guards them.
  TOKEN_INVALID: {
    exit: 25,
    title: "a value that must be sealed is not a valid token",
    hint: earlierVersion,
  },
  TRAILING_TEXT: {
    exit: 25,
    title: "plain text follows a token, where nothing authenticates it",
    hint: "remove what follows the closing bracket of the token",
  },
  VALUE_NOT_OPENED: {
    exit: 25,
    title: "a value cannot be opened: it was changed, moved, or sealed under another data key",
    hint: earlierVersion,
  },
  VALUE_TYPE: {
    exit: 25,
    title: "an opened value does not fit the type that its token names",
    hint: earlierVersion,
  },
  COMMENT_UNSAFE: {
    exit: 25,
    title: "an opened comment holds a line break or control character and could change the file",
    hint: "the file was tampered with: restore an earlier version",
  },
  MAC_MISMATCH: {
    exit: 51,
    title: "MAC mismatch: the file changed after it was sealed",
    hint: lastGoodVersion,
  },
  MAC_MISSING: {
    exit: 51,
    title: "MAC mismatch: the file has no MAC",
    hint: lastGoodVersion,
  },
  MAC_INVALID: {
    exit: 51,
    title: "MAC mismatch: the file's MAC cannot be opened",
    hint: lastGoodVersion,
  },
  STRUCTURE_CHANGED: {
    exit: 51,
    title: "the structure of the file changed after it was sealed: keys, list borders, nulls or selectors",
    hint: lastGoodVersion,
  },
  ALIAS_TO_SEALED: {
    exit: 25,
    title: "a clear alias refers to a sealed value",
    hint: "write the value out instead of the alias",
  },
  COMMENT_PATTERN: {
    exit: 23,
    title: "unencrypted_comment_regex matches a sealed comment too",
    hint: "a sealed comment reads ENC[AES256_GCM,data:...,type:comment]: choose a pattern that cannot match that",
  },
  ANCHOR_IN_USE: {
    exit: 1,
    title: "an alias needs what would be removed",
    hint: "write the value out instead of the alias first",
  },
  KEY_AMBIGUOUS: {
    exit: 23,
    title: 'two keys have the same authenticated path, because a key holds ":"',
    hint: "rename one of the two keys",
  },
  NOTHING_TO_SEAL: {
    exit: 23,
    title: "nothing in the file would be sealed",
    hint: "check the rule that selects what is encrypted, or pass --allow-empty-selection",
  },
  PATH_INVALID: {
    exit: 7,
    title: "the path is not valid",
    hint: 'write it as ["a"][0]["b"] or a[0].b',
  },
  KEY_NOT_FOUND: { exit: 1, title: "there is nothing at that path", hint: "look at the keys that the file has" },
  NOT_PRINTABLE: { exit: 4, title: "the format of the output cannot hold this document", hint: undefined },
  KEY_TWICE: {
    exit: 1,
    title: "duplicate name: it is not clear which value is meant",
    hint: "remove one of the two",
  },
  ENV_SHAPE: { exit: 1, title: "the file is not a flat list of names and values", hint: undefined },
  ENV_NAME_INVALID: {
    exit: 1,
    title: "a key is not a valid name for an environment variable",
    hint: "rename it to letters, digits and _, or leave it out with --only",
  },
  ENV_VALUE_INVALID: {
    exit: 1,
    title: "a value contains a NUL character, which no environment variable can hold",
    hint: undefined,
  },
  ENV_NAME_DANGEROUS: {
    exit: 1,
    title: "the file sets variables that make programs load or run code",
    hint: undefined,
  },
  SELECTOR_DRIFT: {
    exit: 1,
    title: "the file would leave a value in the clear that the rule of the config seals",
    hint: "seal the file by the rule with `sotto migrate`, or pass --use-file-selectors",
  },
  SELECTOR_INEXACT: {
    exit: 1,
    title: "sops selects by key, and a key that the rule names also occurs elsewhere in the file",
    hint: "name this value in the rule as well, or rename one of the two keys; --use-file-selectors keeps the selectors of a file that is sealed already",
  },
  NEW_CLEAR_VALUE: {
    exit: 1,
    title: "a new value would be in the clear, and no rule allows it",
    hint: "pass --allow-clear with its path, or add a rule to .sopsrc",
  },
  CLEAR_LOOKS_SECRET: {
    exit: 1,
    title: "a value that looks like a secret would be in the clear",
    hint: "let the rule seal it, or pass --allow-clear with its path",
  },
  VALUE_UNSEALED: {
    exit: 1,
    title: "a sealed value would be in the clear",
    hint: "confirm it at a terminal, or pass --allow-clear with its path",
  },
  COMMENT_CLEAR: {
    exit: 1,
    title: "a comment would be in the clear, but the rule wants every comment sealed",
    hint: "a comment is sealed where values are: move it there, or let the rule seal more",
  },
  EMIT_IMPOSSIBLE: { exit: 4, title: "the document cannot be printed in that format", hint: undefined },
  UNKNOWN_RECIPIENT: {
    exit: 1,
    title: "the file has a recipient that the config's rule does not name",
    hint: "make the file follow the rule with `sotto sync`, or pass --keep-recipient with that recipient",
  },
  KEYS_DRIFT: {
    exit: 1,
    title: "sealed files do not follow the rules of the config",
    hint: "see the changes with `sotto sync --dry-run`, and make them with `sotto sync`",
  },
  NOT_CONFIRMED: {
    exit: 1,
    title: "the change was not confirmed, so nothing was written",
    hint: "without a terminal, pass --yes",
  },
  NAME_UNKNOWN: { exit: 1, title: "the config has no such name", hint: undefined },
  FINGERPRINT_WRONG: {
    exit: 1,
    title: "that is not the fingerprint of the key in the config",
    hint: "do not let anybody in with it: have the newcomer run `sotto join NAME` again and tell you the fingerprint in person",
  },
  NAME_IN_USE: { exit: 1, title: "the names in the config do not allow that", hint: undefined },
  CONFIG_BY_HAND: {
    exit: 1,
    title: "this config can only be changed by hand",
    hint: "change it, and then let `sotto sync` make the files follow it",
  },
  GROUP_INVALID: { exit: 1, title: "there is no such key group", hint: undefined },
  NO_RECIPIENT: {
    exit: 1,
    title: "no recipient is named: nobody could open the file",
    hint: "make a config with `sotto init`, or pass a recipient, for example with --age",
  },
  CONTEXT_INVALID: { exit: 6, title: "the encryption context is not a list of key:value pairs", hint: undefined },
  NAME_MISSING: {
    exit: 8,
    title: "standard input has no name, which decides the format and the rule",
    hint: "name it with --filename-override NAME",
  },
  VALUE_INVALID: { exit: 7, title: "the value is not JSON", hint: "put text in double quotes, or pass --string" },
  VALUE_MISSING: {
    exit: 100,
    title: "no value was given, and there is no terminal to ask for one",
    hint: "pass it with --value-stdin or --value-file",
  },
  NOTHING_TO_REPLACE: {
    exit: 1,
    title: "the old value is not in these files",
    hint: "check the value, and name the files or folders that may hold it",
  },
  PATH_IN_BINARY: {
    exit: 1,
    title: "a binary file is one value without paths",
    hint: "change it with `sotto edit`",
  },
  FILE_EXISTS: { exit: 3, title: "the file already exists; nothing was written", hint: "choose another name" },
  NOT_CHANGED: { exit: 200, title: "File has not changed, exiting.", hint: undefined },
  EDIT_INTERRUPTED: { exit: 1, title: "the editor was interrupted", hint: "nothing was written" },
  RESERVED_KEY: {
    exit: 203,
    title: "the name `sops` is reserved for the metadata",
    hint: "rename that entry",
  },
  DRAFT_MISSING: { exit: 1, title: "there is no draft of this file", hint: "edit it without --resume" },
  SELF_CHECK: {
    exit: 70,
    title: "the sealed text does not open to what went in, so nothing was written",
    hint: "please report this with a file that shows it",
  },

  // Files and folders.
  FILE_MISSING: { exit: 100, title: "there is no such file", hint: "check the name, and the folder that you are in" },
  FILE_UNREADABLE: { exit: 2, title: "the file cannot be read", hint: "check the path, and who may read it" },
  FILE_UNWRITABLE: { exit: 3, title: "the file cannot be written", hint: "check the path, and who may write there" },
  SYSTEM_FAILED: { exit: 71, title: "the system refused what the program needs", hint: undefined },
  FOLDER_UNUSABLE: {
    exit: 1,
    title: "the working folder cannot be used",
    hint: "change into a folder that exists and that you may enter",
  },
  LINK_OUTSIDE: {
    exit: 3,
    title: "the file is a link that leads out of its repository or folder",
    hint: "name the file itself, or pass --follow-links",
  },
  CHANGED_MEANWHILE: {
    exit: 1,
    title: "the file was changed by somebody else in the meantime, so nothing was written",
    hint: "look at the new content and try again",
  },
  TEMP_NOT_REMOVED: {
    exit: 3,
    title: "a temporary folder with plaintext could not be removed",
    hint: "remove it by hand",
  },
  STATE_FOLDER_UNSAFE: {
    exit: 3,
    title: "other users can write to the folder of your drafts and agreements",
    hint: "make yourself its owner, with mode 0700",
  },
  DRAFT_INVALID: { exit: 1, title: "the draft is damaged", hint: "edit the file again, without --resume" },

  // The command line.
  COMMAND_UNKNOWN: { exit: 64, title: "unknown command", hint: "see `sotto --help`" },
  OPTION_UNKNOWN: { exit: 64, title: "unknown option", hint: "see --help for the options of this command" },
  OPTION_VALUE: { exit: 64, title: "invalid value for an option", hint: "see --help for the values that it takes" },
  OPTIONS_CONFLICT: { exit: 8, title: "two options contradict each other", hint: "leave one of them out" },
  ARGUMENT_MISSING: {
    exit: 100,
    title: "an argument is missing",
    hint: "see --help for the arguments of this command",
  },
  ARGUMENT_UNEXPECTED: {
    exit: 64,
    title: "unexpected argument",
    hint: "put an argument with spaces in quotes; see --help for the arguments of this command",
  },

  // Publishing, and the audit log.
  PUBLISH_NAME: { exit: 1, title: "a name of the destination cannot be used", hint: undefined },
  PUBLISH_FAILED: { exit: 1, title: "the file was not published", hint: undefined },
  AUDIT_FAILED: { exit: 1, title: "the audit log cannot be written", hint: undefined },

  // Configuration.
  CONFIG_INVALID: { exit: 1, title: "error loading config", hint: undefined },
  CONFIG_UNREADABLE: { exit: 1, title: "config file not found", hint: "check --config and SOPS_CONFIG" },
  CONFIG_NO_RULE: {
    exit: 1,
    title: "error loading config: no matching creation rules found",
    hint: "add a rule for this path; a last rule without a path applies to all other files",
  },
  CONFIG_NO_DESTINATION: {
    exit: 1,
    title: "error loading config: no matching destination found in config",
    hint: undefined,
  },
  CONFIG_UNTRUSTED: {
    exit: 1,
    title: "a config outside of git could have been written by another user",
    hint: "make the file and its folder yours and writable by you alone, or name the config with --config",
  },
  CONFIG_DISAGREE: {
    exit: 1,
    title: "the .sopsrc and the .sops.yaml next to it disagree about this file",
    hint: "make the two agree, or remove one of them",
  },
  PATTERN_INVALID: {
    exit: 1,
    title: "can not compile regexp",
    hint: "patterns are RE2, without look-arounds and back-references",
  },
  PATTERN_TOO_LONG: { exit: 1, title: "a pattern is longer than 1,000 characters", hint: "make two rules of it" },
  ENVIRONMENT_INVALID: { exit: 1, title: "an environment variable has an unusable value", hint: undefined },
} as const satisfies Record<string, CatalogEntry>

export type Code = keyof typeof catalog
