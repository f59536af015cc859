/** What the two faces of the program decide differently about configurations. */
export interface ConfigDialect {
  /** The nearest config of either kind above the file, or a `.sops.yaml` above the working folder and nothing else. */
  readonly searchesFrom: "file" | "working folder"
  /** What kind of config the user has named: its name says it, or it is one of sops whatever its name. */
  readonly namedKind: "by name" | "sops-yaml"
  /** Whether the rule of a file counts for reading it; otherwise only `stores` does, and no rule is looked at. */
  readonly rulesForReading: boolean
  /** A pattern of a selector that is invalid is an error; otherwise it never matches. */
  readonly refusesBadPatterns: boolean
  /** "No rule matches" names the path that was looked for, and what to do. */
  readonly explainsNoRule: boolean
}
