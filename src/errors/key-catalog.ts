import { type CatalogEntry } from "./catalog.ts"

/** Recipients, identities and data keys. */
export const keyCatalog = {
  DATA_KEY: { exit: 128, title: "the data key could not be unwrapped", hint: undefined },
  KEY_ORDER_INVALID: {
    exit: 112,
    title: "the decryption order is not valid",
    hint: "name each type of recipient once",
  },
  KEY_GROUPS_INVALID: { exit: 1, title: "the key groups or their threshold cannot be used", hint: undefined },
  KEY_TIMEOUT: {
    exit: 128,
    title: "a key service did not answer in time",
    hint: "wait longer with SOTTO_KEY_TIMEOUT (seconds)",
  },
  KEY_NO_CREDENTIALS: {
    exit: 128,
    title: "there are no usable credentials for a key service",
    hint: undefined,
  },
  KEY_DENIED: { exit: 128, title: "a key service denies the use of the key", hint: undefined },
  KEY_UNAVAILABLE: { exit: 128, title: "a key is missing or disabled", hint: undefined },
  KEY_CONTEXT: {
    exit: 128,
    title: "the encryption context does not fit the wrapped data key",
    hint: "restore the entry in the metadata from an earlier version of the file",
  },
  KEY_CIPHERTEXT: {
    exit: 128,
    title: "a key service does not accept the wrapped data key",
    hint: "restore the entry in the metadata from an earlier version of the file",
  },
  KEY_NETWORK: { exit: 128, title: "a key service cannot be reached", hint: undefined },
  KEY_THROTTLED: { exit: 128, title: "a key service is throttling requests", hint: "try again in a minute" },
  KEY_ANSWER: { exit: 128, title: "a key service gave an unusable answer", hint: undefined },
  KEY_ADDRESS_REFUSED: {
    exit: 128,
    title: "the token is not sent to an address that only the file names",
    hint: undefined,
  },
  KIND_UNKNOWN: {
    exit: 1,
    title: "a recipient of a kind that this version does not know",
    hint: "use a release that knows it; rotate and revoke leave it out with --drop-unknown: it then no longer opens the file",
  },
  WRAP_FAILED: { exit: 1, title: "the data key could not be wrapped for every recipient", hint: undefined },
  STANZA_INVALID: { exit: 128, title: "a wrapped data key is malformed", hint: undefined },
  RECIPIENT_INVALID: { exit: 1, title: "a recipient is not valid", hint: undefined },
  IDENTITY_INVALID: { exit: 128, title: "an identity cannot be used", hint: undefined },
  PLUGIN_REFUSED: { exit: 128, title: "an age plugin may not be run", hint: undefined },
  PLUGIN_FAILED: { exit: 128, title: "an age plugin failed", hint: undefined },
  GPG_MISSING: {
    exit: 128,
    title: "the gpg program was not found",
    hint: "install GnuPG, or name the program with its whole path in SOPS_GPG_EXEC",
  },
  GPG_REFUSED: { exit: 128, title: "the gpg program may not be run", hint: undefined },
  GPG_FAILED: { exit: 128, title: "gpg failed", hint: undefined },
  KEYSERVICE_ADDRESS: { exit: 1, title: "the address of a key service is not valid", hint: undefined },
  KEYSERVICE_FAILED: { exit: 128, title: "a key service failed", hint: undefined },
  KEYSERVICE_LISTEN: { exit: 1, title: "the key service cannot listen", hint: undefined },
  PGP_KEY: { exit: 128, title: "a PGP key cannot be used", hint: undefined },
} as const satisfies Record<string, CatalogEntry>
