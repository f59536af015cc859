type Severity = "error" | "warning"

interface Facts {
  /** Its severity where nothing softens it. */
  readonly severity: Severity
  /** What is wrong, for the list of rules in SARIF and for docs/checking.md. */
  readonly title: string
  /** How to fix it; `undefined` where each finding says so itself. */
  readonly hint: string | undefined
}

const error = (title: string, hint?: string): Facts => ({ severity: "error", title, hint })
const warning = (title: string, hint?: string): Facts => ({ severity: "warning", title, hint })

/** Everything that `check` can find. docs/checking.md has a line on each. */
export const checkCodes = {
  // What should be sealed and is not.
  PLAINTEXT_FILE: error("a rule names the file, and it is not sealed", "seal it with `sotto encrypt -i`"),
  VALUE_CLEAR: error("a value that the file's selectors name is in the clear", "seal it with `sotto check --fix`"),
  VALUE_CLEAR_BY_RULE: error(
    "a value that the rule would seal is in the clear",
    "seal it by the rule: `sotto migrate`",
  ),
  COMMENT_CLEAR: error(
    "a comment is in the clear, but the rule wants every comment sealed",
    "a comment is sealed where values are: move it there and seal the file with `sotto migrate`",
  ),
  SIBLING_PLAINTEXT: error(
    "the plain text of a sealed file is tracked beside it",
    "take it out with `git rm --cached`, put its name into .gitignore, and change the values: the history has them",
  ),
  PRIVATE_KEY: error(
    "the file contains a private key or an access key",
    "treat it as leaked and replace it; `sotto:allow` in its line says that it is not a secret",
  ),
  FILE_UNSEALED: error("a file that was sealed is plain text now", "restore the sealed file"),
  FILE_REPLACED: error("what was a sealed file is none any more", "restore the sealed file"),
  SEAL_REMOVED: error("a value that was sealed is clear text now", "restore the value from the version before"),

  // What is broken.
  TOKEN_INVALID: error("a token is not valid", "restore the value from an earlier version of the file"),
  TRAILING_TEXT: error("clear text follows a token", "remove what follows the closing bracket of the token"),
  METADATA_INVALID: error("the file's metadata is not valid", "restore an earlier version of the file"),
  LINE_ENDS: error(
    "line ends were changed after the file was sealed, and sops cannot open it",
    "write its name with -text into .gitattributes; `sotto rotate -i` gives it its own line ends again",
  ),
  NO_KEYS: error(
    "the metadata names no recipient: nobody can open this file",
    "restore an earlier version of the file",
  ),
  MAC_MISSING: error("the file has no MAC", "restore an earlier version of the file"),
  CONFLICT_MARKERS: error(
    "a sealed file holds the marks of a merge conflict",
    "take one side whole with `git checkout --ours` or `--theirs`, and put the other side's values in with `sotto set`",
  ),
  SYNTAX: error("the sealed file is not valid in its format", "restore an earlier version of the file"),
  MERGE_UNRESOLVED: error(
    "the file was in conflict, and one side of it is about to be dropped",
    "say which side is meant: `sotto resolve FILE`, or `sotto resolve --ours FILE`",
  ),
  MAC_SUSPECT: error(
    "a merge by text has put values of two versions under the MAC of one",
    "repair it with `sotto repair FILE`",
  ),
  KEY_AMBIGUOUS: error(
    "two paths are the same to the encryption, so a value could be moved",
    "rename one of the two keys",
  ),
  SHARED_DATA_KEY: error(
    "two files have one data key, so values can be moved between them",
    "give one of them a key of its own: `sotto rotate -i`",
  ),
  NAME_SUSPECT: warning("a name contains look-alike or invisible letters", "type the name again"),

  // Where a file and its rule differ.
  RECIPIENT_MISSING: error(
    "somebody whom the rule names cannot open the file",
    "`sotto sync` wraps its data key again",
  ),
  RECIPIENT_EXTRA: error(
    "somebody whom the rule does not name can open the file",
    "`sotto check --fix` or `sotto sync` takes them out; `sotto rotate -i` gives it a data key that they never had",
  ),
  THRESHOLD_DRIFT: error("the file and its rule need another number of key groups", "`sotto sync` follows the rule"),
  GROUPS_DRIFT: error("the file and its rule divide the recipients into other groups", "`sotto sync` follows the rule"),
  SELECTOR_DRIFT: error("the file and its rule select other values", "seal it by the rule: `sotto migrate`"),
  MAC_ONLY_DRIFT: error("the file and its rule let the MAC cover other values", "seal it by the rule: `sotto migrate`"),
  LINK_NOT_CHECKED: warning(
    "a rule names a link, and what it leads to is not tracked here, so nobody can tell whether it is sealed",
    "track the sealed file in its place, or what it leads to",
  ),
  NO_RULE: warning("the file is sealed, and no rule names it", "add a rule for it to the config"),
  DATA_KEY_OLD: warning("the data key is older than its rule allows", "make a new one: `sotto rotate -i`"),

  // The config itself.
  CONFIG_INVALID: error("the config cannot be used", "correct that line"),
  CONFIG_DISAGREE: error("two configs of one folder disagree", "remove one of them, or make them agree"),
  RULE_SHADOWED: error("a rule can never be reached", "put it above the rule that takes its files, or remove it"),
  RULE_UNUSED: warning("a rule matches no tracked file", "remove it, or correct its path"),
  RECIPIENT_UNUSED: warning("no rule uses a recipient of the config", "remove it, or name it in a rule"),

  // What a range of commits changes.
  NEW_DATA_KEY: warning(
    "a data key is new: the one who made it knows it",
    "rotate it where you do not trust its author",
  ),
  RECIPIENTS_CHANGED: warning("the recipients of a file change", "look at who comes and who goes"),
  SELECTORS_CHANGED: warning("what a file seals changes", "look at what is left in the clear"),
  CONFIG_CHANGED: warning("the config changes", "look at each rule and recipient that changes"),
  LASTMODIFIED_BACK: error("the file is older than before: an old version came back", "restore the newer version"),

  // The clone.
  GIT_CACHETEXTCONV: error(
    "git is told to store the plain text of sealed files in refs/notes/textconv",
    "`git config --unset-all` that setting",
  ),
  GIT_TEXTCONV_NOTES: error(
    "git has stored the plain text of sealed files",
    "`git update-ref -d` that ref, expire the reflog, `git gc --prune=now`; a remote that it was pushed to has it too",
  ),

  // Asked for by an option.
  TARGET_UNSUPPORTED: error("the target cannot open the file", undefined),
  MAC_MISMATCH: error("the MAC does not hold: the file changed after it was sealed", "see `sotto repair`"),
  STRUCTURE_CHANGED: error(
    "the structure of the file changed after it was sealed",
    "restore the file, or look at what moved with `sotto decrypt --ignore-mac`",
  ),
  VALUE_NOT_OPENED: error(
    "a value cannot be opened: it was changed, moved, or sealed under another data key",
    "restore the value from an earlier version of the file",
  ),
  NOT_VERIFIED: warning("none of your identities opens the file", "verify it where there is one"),
  TOO_LARGE: warning("the file exceeds a limit and was not looked at", "docs/threat-model.md lists the limits"),
} as const satisfies Record<string, Facts>

export type CheckCode = keyof typeof checkCodes

/** Where a finding is, and whom it concerns. No field holds a value, so no report can show one. */
export interface Place {
  /** Relative to the top of what is checked, with `/` on every system. */
  readonly file: string
  /** 1-based. */
  readonly line?: number | undefined
  /** Keys and list positions. */
  readonly path?: readonly (string | number)[] | undefined
  /** From 0; only where a file holds several documents. */
  readonly document?: number | undefined
  readonly recipient?: string | undefined
  /** The commit that brought it, if known. */
  readonly commit?: string | undefined
}

export interface Finding extends Place {
  readonly code: CheckCode
  readonly severity: Severity
  readonly message: string
  readonly hint?: string | undefined
}

/** What a finding says instead of the words of its code. */
export interface Words {
  readonly severity?: Severity | undefined
  /** After the title: names of keys, files and recipients, never a value. */
  readonly subject?: string | undefined
  readonly hint?: string | undefined
}

export function finding(code: CheckCode, place: Place, words: Words = {}): Finding {
  const { severity, title, hint } = checkCodes[code]
  return {
    code,
    severity: words.severity ?? severity,
    ...place,
    message: words.subject === undefined ? title : `${title}: ${words.subject}`,
    hint: words.hint ?? hint,
  }
}

/** By file, line and code: the order of a report, whatever the order of the work was. */
export function findingsInOrder(findings: readonly Finding[]): Finding[] {
  const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return findings.toSorted((a, b) => byText(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || byText(a.code, b.code))
}
