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
