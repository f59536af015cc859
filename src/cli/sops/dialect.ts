import { type Dialect } from "../../app/dialect.ts"

/** What stock sops decides. Where that is weaker than our own, callers of sops depend on it. */
export const sopsDialect: Dialect = {
  config: {
    searchesFrom: "working folder",
    namedKind: "sops-yaml",
    rulesForReading: false,
    refusesBadPatterns: false,
    explainsNoRule: false,
  },
  keys: {
    identityPlaces: "upstream",
    strictKeyFiles: true,
    passphraseQuestion: (place, of) =>
      of === "identity"
        ? `Enter passphrase for identity '${place}':`
        : `Enter passphrase for ${JSON.stringify(place)}:`,
    passphraseTriesMax: 1,
    asksBeforePlugins: false,
    trustsNamedGpg: true,
    takesAwsProfile: false,
    trustsAnyVault: true,
    createsVaultKeys: true,
    namesHostInSessions: true,
    explainsAsUpstream: true,
    skipsBadServices: true,
    warnsOfRemoteServices: false,
  },
  files: {
    sealedType: "told",
    explainsDamage: false,
    outputType: "by name",
    stockLayout: "as upstream",
    utf16: "in YAML",
    changedLineEnds: "an error",
    sealedCommentsLoseTheirLine: true,
    pathGrammar: "brackets",
    commentsCount: true,
    refusesTwice: false,
    binaryContainer: "json",
    missingExit: 2,
  },
  sealing: {
    plansFirst: true,
    needsName: false,
    refusesSealed: false,
    keepsTokensOfOutput: false,
    allowsAnySelection: true,
    binarySelectors: "warned of",
    addsContextToRules: true,
    needsRuleBesideOptions: true,
    takesEmptySelector: false,
  },
  changes: {
    readsConfigFirst: true,
    checksClearValues: false,
    renewsUnchanged: true,
    values: "as upstream",
    valueFileExit: 1,
  },
  recipients: { refusesStrangers: false, unknownKinds: "ignored", checksMac: false, keepsEntries: false },
  children: { inheritIdentities: true, values: "as upstream", folder: "TMPDIR" },
  editing: { guardsText: false, onSignal: "leave", onFault: "enter", offersDrafts: false },
  keyService: { network: "tcp", takesAnyFolder: true, tells: "log" },
  warns: false,
}
