import { type RecipientKind } from "../kind.ts"

declare module "../../core/recipient.ts" {
  interface RecipientFields {
    readonly pgp: { readonly fp: string }
  }
}

const fingerprint = /^([0-9A-Fa-f]{16}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})!?$/
const bareFingerprint = /^([0-9A-Fa-f]{16}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/

/** Keys of gpg, by their fingerprint or a subkey's. */
export const pgpKind = {
  type: "pgp",
  title: "PGP",
  isOnline: false,
  load: () => import("./pgp.ts").then(({ pgp }) => pgp),
  ranks: { inFile: 5, inConfig: 1, inOptions: 4 },
  isDated: true,
  isAlwaysInGroup: false,
  read: (text) => ({ fp: text("fp") }),
  write: ({ fp }) => ({ fp }),
  name: ({ fp }) => fp,
  form: "a PGP fingerprint is expected",
  parse: (text) => ({ fp: text.replaceAll(" ", "") }),
  against: ({ fp }) => (fingerprint.test(fp) ? null : "a PGP fingerprint has 16, 40 or 64 hex digits"),
  config: {
    flatKey: "pgp",
    groupKey: "pgp",
    plain: (text) => ({ fp: text.replaceAll(" ", "") }),
    looksLike: (text) => bareFingerprint.test(text.replaceAll(" ", "")),
  },
  option: {
    name: "pgp",
    flag: "pgp",
    short: "p",
    variable: "SOPS_PGP_FP",
    value: "FINGERPRINTS",
    things: "PGP keys",
    summary: "PGP fingerprints",
  },
  proto: { key: 2, fields: [[1, "fp"]] },
} as const satisfies RecipientKind<"pgp">
