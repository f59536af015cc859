/**
 * What people of other tools say, and the command that does it here: words of sops' old form, age, ansible-vault,
 * git-crypt, git-secret, dotenvx, pass and plain English. Spelling alone would lead from `unseal` to `unset`, which destroys.
 */
const table: readonly (readonly [hint: string, words: string])[] = [
  [
    "`sotto decrypt FILE` prints a file in the clear",
    "unseal open cat view show print reveal unlock read dump decode dec unprotect less more -d --decrypt",
  ],
  [
    "`sotto encrypt -i FILE` seals a file in place",
    "seal lock protect hide encode enc conceal encrypt_string encrypt-string -e --encrypt",
  ],
  ["`sotto edit FILE` opens a file in your editor, and makes a new one", "modify change create new vi vim nano emacs"],
  ["`sotto get FILE PATH` prints one value", "extract query value fetch lookup --extract"],
  ["`sotto set FILE PATH` sets one value", "put write insert update store assign --set"],
  ["`sotto set FILE PATH` adds a value, and `sotto grant NAME KEY` a person", "add"],
  [
    "`sotto unset FILE PATH` removes a value, and `sotto revoke NAME` a person",
    "rm remove delete del drop erase --unset",
  ],
  [
    "`sotto rotate -i FILE` seals a file under a new data key; `sotto sync` makes files follow the recipients of the config",
    "rekey re-key reencrypt re-encrypt rotate-key rotatekeys change-key reseal -r --rotate",
  ],
  ["`sotto sync` makes files follow the recipients of the config", "rewrap refresh reconcile update-keys"],
  [
    "`sotto grant NAME KEY` lets somebody read",
    "add-user adduser add-recipient add-key add-gpg-user add-age share invite allow authorize trust tell addadmin --add-age --add-pgp",
  ],
  [
    "`sotto revoke NAME` takes somebody out, and seals the files again",
    "rm-user remove-user rmuser remove-recipient rm-recipient remove-key rm-gpg-user killperson removeperson removeadmin unshare deny disallow --rm-age",
  ],
  [
    "`sotto who` tells who can read which file",
    "recipients users readers members people access list whoknows ls-gpg-users list-users",
  ],
  [
    "`sotto keys` shows your identities, and `sotto keys FILE` who can open a file",
    "identities identity whoami key keyring pubkey",
  ],
  ["`sotto keygen` makes an identity", "age-keygen genkey generate gen newkey keypair generate-key ssh-keygen"],
  [
    "`sotto ls FILE` lists the key paths of a file",
    "inspect info describe tree paths ls-keys list-keys search find grep",
  ],
  ["`sotto diff FILE` shows what changed", "changes compare delta history log"],
  ["`sotto decrypt --output-type TYPE FILE` prints a file in another format", "convert export transform"],
  ["`sotto git install` sets up diffs, merges and hooks", "hook hooks precommit pre-commit install-hooks"],
  ["`sotto resolve` decides what is in conflict", "merge mergetool conflict conflicts"],
  ["`sotto repair FILE` mends what a server merged by line", "fix mend recover restore"],
  ["`sotto check` looks for what is not sealed, or not as the config says", "audit scan"],
  ["`sotto filestatus FILE` tells whether a file is sealed", "is-encrypted is-sealed file-status"],
  ["`sotto sync --check` tells whether files follow the config", "verify lint validate"],
  [
    "`sotto run -f FILE -- COMMAND` starts a program with the values in its environment",
    "exec env with start shell source",
  ],
  ["`sotto init` sets up a repository", "setup install config configure bootstrap"],
  ["`sotto sops publish` does it as sops does", "publish upload push"],
  ["`sotto completion SHELL` prints the script", "completions autocomplete"],
  ["`sotto --version` prints the version", "version ver about -V -version"],
  ["`sotto --help` lists the commands", "man usage commands ? -? /? -help"],
]

/**
 * @param word - a command that there is not, or an option in the place of one
 * @returns a hint; `null` for a word that nobody says
 */
export function meaningOf(word: string): string | null {
  const wanted = word.startsWith("-") ? word : word.toLowerCase()
  return table.find(([, words]) => words.split(" ").includes(wanted))?.[0] ?? null
}

/** All hints of the table. */
export const meanings: readonly string[] = table.map(([hint]) => hint)

/** All words of the table, for whoever mistypes one. */
export const otherWords: readonly string[] = table.flatMap(([, words]) => words.split(" "))
