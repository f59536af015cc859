import { type RecipientKind } from "../keys/kind.ts"
import { type KindOptionName, type KindVariable, forEachOption, kinds } from "../keys/kinds.ts"
import { type OptionSpec } from "./spec.ts"

// Made of the table of kinds when it is loaded, so only the few commands that take these load it.

interface ListOption extends OptionSpec {
  readonly kind: "list"
}

const aboutAws = {
  awsProfile: { kind: "text", value: "NAME", summary: "AWS profile for the keys of --kms" },
  encryptionContext: {
    kind: "list",
    separator: ",",
    value: "KEY:VALUE",
    summary: "encryption context for the keys of --kms",
  },
} as const satisfies Record<string, OptionSpec>

const threshold = {
  shamirSecretSharingThreshold: {
    kind: "number",
    value: "N",
    summary: "how many key groups are needed to open the file",
  },
} as const satisfies Record<string, OptionSpec>

/** Recipients of a new file. When one of them is given, those of the config are not used. */
export const recipientOptions = {
  ...ofEachKind(({ name, short, value, summary, variable }) => ({
    [name]: {
      kind: "list",
      separator: ",",
      ...(short === undefined ? {} : { short }),
      value,
      ...(variable === undefined ? {} : { env: variable as KindVariable }),
      summary,
    },
  })),
  ...aboutAws,
  ...threshold,
} as Record<KindOptionName, ListOption> & typeof aboutAws & typeof threshold

/** The same for a file that is there already: no variable stands in for them. */
export const ownRecipientOptions = {
  ...ofEachKind(({ name, value, summary }) => ({ [name]: { kind: "list", separator: ",", value, summary } })),
  ...aboutAws,
  ...threshold,
} as Record<KindOptionName, ListOption> & typeof aboutAws & typeof threshold

type Changed = `${"add" | "rm"}${Capitalize<KindOptionName>}`

/** Recipients that come and go when a data key is changed. */
export const changeOptions = {
  ...ofEachKind(({ name, value, things }) => ({
    [changed("add", name)]: { kind: "list", separator: ",", value, summary: `add ${things}` },
    [changed("rm", name)]: { kind: "list", separator: ",", value, summary: `remove ${things}` },
  })),
  ...aboutAws,
} as Record<Changed, ListOption> & typeof aboutAws

function ofEachKind(
  optionsOf: (option: RecipientKind["option"]) => Record<string, ListOption>,
): Record<string, ListOption> {
  return Object.assign({}, ...kinds.map(({ option }) => optionsOf(option))) as Record<string, ListOption>
}

/** `addGcpKms` for `gcpKms`. */
function changed(what: "add" | "rm", name: string): string {
  return `${what}${name[0]!.toUpperCase()}${name.slice(1)}`
}

/** What `--add-*` or `--rm-*` name, as if they were the options of a new file. */
export function changedRecipients(
  what: "add" | "rm",
  options: Readonly<Record<Changed, readonly string[]>>,
): Record<KindOptionName, readonly string[]> {
  return forEachOption(({ name }) => options[changed(what, name) as Changed])
}
