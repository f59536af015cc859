import { type RecipientKind } from "../kind.ts"
import { againstAge } from "./grammar.ts"

declare module "../../core/recipient.ts" {
  interface RecipientFields {
    readonly age: { readonly recipient: string }
  }
}

/** age recipients, their plugins and SSH keys. */
export const ageKind = {
  type: "age",
  title: "age",
  isOnline: false,
  load: () => import("./age.ts").then(({ age }) => age),
  ranks: { inFile: 6, inConfig: 0, inOptions: 6 },
  isDated: false,
  isAlwaysInGroup: true,
  read: (text) => ({ recipient: text("recipient") }),
  write: ({ recipient }) => ({ recipient }),
  name: ({ recipient }) => recipient,
  form: "age1..., ssh-ed25519 or ssh-rsa is expected",
  parse: (text) => ({ recipient: text }),
  against: ({ recipient }) => againstAge(recipient),
  config: {
    flatKey: "age",
    groupKey: "age",
    looksLike: (text) => /^ssh-(?:ed25519|rsa) /.test(text) || (text.startsWith("age1") && text.length >= 20),
  },
  option: {
    name: "age",
    flag: "age",
    short: "a",
    variable: "SOPS_AGE_RECIPIENTS",
    value: "RECIPIENTS",
    things: "age or SSH recipients",
    summary: "age, age plugin or SSH public keys",
  },
  proto: { key: 6, fields: [[1, "recipient"]] },
} as const satisfies RecipientKind<"age">
