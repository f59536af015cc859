import { type ConfigDialect } from "../config/config.ts"
import { type KeyDialect } from "../keys/provider.ts"

/**
 * What the two faces of the program decide differently, decision by decision. Code that has to know asks for the
 * decision by its name; nobody asks which face was called. The other instance is `src/cli/sops/dialect.ts`: stock sops
 * has decided there, and its defaults hold even where they are weaker.
 */
export interface Dialect {
  readonly config: ConfigDialect
  readonly keys: KeyDialect
  readonly files: FileDialect
  readonly sealing: SealingDialect
  readonly changes: ChangeDialect
  readonly recipients: RecipientDialect
  readonly children: ChildDialect
  readonly editing: EditingDialect
  readonly keyService: KeyServiceDialect
  /** Reports on standard error what may surprise, although it stops nothing. */
  readonly warns: boolean
}

/** How files are read and printed. */
interface FileDialect {
  /** If its name says nothing, a sealed text is recognized by its content, or it is what options and name say. */
  readonly sealedType: "sniffed" | "told"
  /** Says why a text is not sealed or not valid: lost metadata, git's conflict markers, other tools. */
  readonly explainsDamage: boolean
  /** What is printed without `--output-type`: the format of the input, or what the name says. */
  readonly outputType: "as input" | "by name"
  /** A file that upstream sealed has no layout to come back to: its text as it is, or printed as upstream does. */
  readonly stockLayout: "kept" | "as upstream"
  /** A text whose line ends changed after it was sealed is opened with its former ones. */
  readonly changedLineEnds: "undone" | "an error"
  /** UTF-16 with a BOM is read in every format, or in YAML alone. */
  readonly utf16: "read" | "in YAML"
  /** A comment that was sealed after a value is printed on a line of its own. */
  readonly sealedCommentsLoseTheirLine: boolean
  /** How a path is written: `["a"][0]` alone, or `a[0]` too. */
  readonly pathGrammar: "brackets" | "both"
  /** Comments of a list count as its elements in a path. */
  readonly commentsCount: boolean
  /** A path to a key that appears twice is refused; otherwise the last one is meant. */
  readonly refusesTwice: boolean
  /** What the container of a binary file is to commands that convert and change it. */
  readonly binaryContainer: "opaque" | "json"
  /** The exit status when the file is not there; absent: that of the error. */
  readonly missingExit?: number
}

/** How a new file is sealed. */
interface SealingDialect {
  /** Config and options are judged before the file is read. */
  readonly plansFirst: boolean
  /** Standard input needs a name that tells the format and the rule. */
  readonly needsName: boolean
  /** A sealed file is not sealed a second time, whatever its name says. */
  readonly refusesSealed: boolean
  /** What `--output` names keeps the tokens of the values that did not change. */
  readonly keepsTokensOfOutput: boolean
  /** A clear alias, and rules that select nothing, are fine without the option that allows them. */
  readonly allowsAnySelection: boolean
  /** Selectors for a binary file, which is one value: only warned of, or at most one as for any file. */
  readonly binarySelectors: "at most one" | "warned of"
  /** `--encryption-context` counts for the recipients of a rule too. */
  readonly addsContextToRules: boolean
  /** A config where no rule matches is an error, although options name the recipients. */
  readonly needsRuleBesideOptions: boolean
  /** `--encrypted-regex ""` replaces what the rule says, and is not taken as absent. */
  readonly takesEmptySelector: boolean
}

/** How sealed files are changed. */
interface ChangeDialect {
  /** The config is read before anything else, and has to be good. */
  readonly readsConfigFirst: boolean
  /** The user has to agree to every value that would be in the clear (security rule S1). */
  readonly checksClearValues: boolean
  /** Setting a value that is there already rewrites the file, with another MAC and date. */
  readonly renewsUnchanged: boolean
  /** `set` takes lists, and numbers as they are written; otherwise no list, and every number is a float. */
  readonly values: "json" | "as upstream"
  /** The exit status when the file with a value cannot be read; absent: that of the error. */
  readonly valueFileExit?: number
}

/** Who can open a file from now on. */
interface RecipientDialect {
  /** A recipient that neither a rule nor the user answers for is refused (security rule S3). */
  readonly refusesStrangers: boolean
  /**
   * Entries of a kind that this version does not know: kept, named, and in the way of a new data key; or not looked at,
   * so that a new data key drops them, as stock does.
   */
  readonly unknownKinds: "kept" | "ignored"
  /** A data key is checked against the MAC before it is wrapped again. */
  readonly checksMac: boolean
  /** Recipients that stay keep their wrapped key; otherwise it is wrapped again for everybody. */
  readonly keepsEntries: boolean
}

/** Programs that are started. */
interface ChildDialect {
  /** Variables with identities go to children, helpers and editors. */
  readonly inheritIdentities: boolean
  /** Which variables `exec-env` sets: the values that a child may have, or what upstream makes of a document. */
  readonly values: "checked" | "as upstream"
  /**
   * Plaintext for a program is in memory where possible, or in `TMPDIR`: a caller's sandbox may allow no other folder.
   */
  readonly folder: "memory" | "TMPDIR"
}

/** How `edit` works. */
interface EditingDialect {
  /** An editor gets options that keep it from storing the text elsewhere. */
  readonly guardsText: boolean
  /** SIGINT and SIGTERM end the editor, or this program alone. */
  readonly onSignal: "forward" | "leave"
  /** After a text that is not valid: a question, or any line of standard input. */
  readonly onFault: "confirm" | "enter"
  /** A waiting draft is offered. */
  readonly offersDrafts: boolean
}

interface KeyServiceDialect {
  readonly network: "unix" | "tcp"
  /** A socket may be in a folder of others (security rule S14). */
  readonly takesAnyFolder: boolean
  /** How it says where it listens. */
  readonly tells: "notice" | "log"
}

/** What sotto decides on its own face, and for the library. */
export const sottoDialect: Dialect = {
  config: {
    searchesFrom: "file",
    namedKind: "by name",
    rulesForReading: true,
    refusesBadPatterns: true,
    explainsNoRule: true,
  },
  keys: {
    identityPlaces: "all",
    strictKeyFiles: false,
    passphraseQuestion: (place) => `passphrase for ${place}: `,
    passphraseTriesMax: 3,
    asksBeforePlugins: true,
    trustsNamedGpg: false,
    takesAwsProfile: true,
    trustsAnyVault: false,
    createsVaultKeys: false,
    namesHostInSessions: false,
    explainsAsUpstream: false,
    skipsBadServices: false,
    warnsOfRemoteServices: true,
  },
  files: {
    sealedType: "sniffed",
    explainsDamage: true,
    outputType: "as input",
    stockLayout: "kept",
    utf16: "read",
    changedLineEnds: "undone",
    sealedCommentsLoseTheirLine: false,
    pathGrammar: "both",
    commentsCount: false,
    refusesTwice: true,
    binaryContainer: "opaque",
  },
  sealing: {
    plansFirst: false,
    needsName: true,
    refusesSealed: true,
    keepsTokensOfOutput: true,
    allowsAnySelection: false,
    binarySelectors: "at most one",
    addsContextToRules: false,
    needsRuleBesideOptions: false,
    takesEmptySelector: true,
  },
  changes: { readsConfigFirst: false, checksClearValues: true, renewsUnchanged: false, values: "json" },
  recipients: { refusesStrangers: true, unknownKinds: "kept", checksMac: true, keepsEntries: true },
  children: { inheritIdentities: false, values: "checked", folder: "memory" },
  editing: { guardsText: true, onSignal: "forward", onFault: "confirm", offersDrafts: true },
  keyService: { network: "unix", takesAnyFolder: false, tells: "notice" },
  warns: true,
}
