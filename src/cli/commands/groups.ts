import { AppError } from "../../errors/app-error.ts"
import { followLinks, keepRecipient } from "../option-groups.ts"
import { ownRecipientOptions } from "../recipient-options.ts"
import { command } from "../spec.ts"

export const groupsCommand = command({
  details: [
    "With several key groups the data key is split: to open a file you need one key from each of as many groups " +
      "as the threshold says. `add` adds a group of the recipients that options name; `delete` removes the group " +
      "with that number, counted from 0 as in `sops`. The data key stays the same and is wrapped again for all " +
      "groups. `list` shows the groups with their numbers, and needs no key.",
    "Key groups in the rules of a config are usually better: see `sotto sync`.",
  ],
  arguments: {
    action: { kind: "required", completes: ["add", "delete", "list"], summary: "add or delete, or list" },
    index: { kind: "optional", completes: null, summary: "number of the group to delete, from 0" },
  },
  options: {
    file: { kind: "text", short: "f", value: "FILE", summary: "the sealed file" },
    inPlace: { kind: "flag", short: "i", summary: "write the result back to the file" },
    ...ownRecipientOptions,
    keepRecipient,
    followLinks,
  },
  examples: [
    {
      line: "sotto groups add -i -f secrets.yaml --age age1... --shamir-secret-sharing-threshold 2",
      shows: "from now on two groups are needed",
    },
    { line: "sotto groups list -f secrets.yaml", shows: "which groups are there, and who is in them?" },
    { line: "sotto groups delete -i -f secrets.yaml 1", shows: "the second group goes" },
  ],
  async run(session, { args, options }) {
    const { file } = options
    if (file === undefined || file === "") throw new AppError("ARGUMENT_MISSING", {}, { subject: "--file" })
    const { addGroup, deleteGroup, listGroups } = await import("../../app/commands/groups.ts")
    if (args.action === "delete") return deleteGroup(session, { ...options, file, index: indexOf(args.index) })
    if (args.action !== "add" && args.action !== "list") {
      throw new AppError("ARGUMENT_UNEXPECTED", {}, { subject: args.action, hint: "say add or delete, or list" })
    }
    if (args.index !== undefined) throw new AppError("ARGUMENT_UNEXPECTED", {}, { subject: args.index })
    return args.action === "add" ? addGroup(session, { ...options, file }) : listGroups(session, { ...options, file })
  },
})

function indexOf(text: string | undefined): number {
  if (text === undefined) throw new AppError("ARGUMENT_MISSING", {}, { subject: "INDEX" })
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw new AppError("GROUP_INVALID", {}, { subject: "the number of a group is 0 or more" })
}
