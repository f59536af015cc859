import { AppError } from "../../errors/app-error.ts"
import { followLinks, keepRecipient, ownRecipientOptions } from "../option-groups.ts"
import { command } from "../spec.ts"

export const groups = command({
  details: [
    "With several key groups the data key is split: a file opens with one key of each of as many groups as the " +
      "threshold says. `add` adds a group of the recipients that options name, `delete` takes the group with that " +
      "number away, counted from 0 as `sops` does. The data key is the same, wrapped for all groups anew.",
    "A config whose rules have key groups is the better place for them: see `sotto sync`.",
  ],
  arguments: {
    action: { kind: "required", completes: ["add", "delete"], summary: "add or delete" },
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
    { line: "sotto groups delete -i -f secrets.yaml 1", shows: "the second group goes" },
  ],
  async run(session, { args, options }) {
    const { file } = options
    if (file === undefined || file === "") throw new AppError("ARGUMENT_MISSING", {}, { subject: "--file" })
    if (args.action !== "add" && args.action !== "delete") {
      throw new AppError("ARGUMENT_UNEXPECTED", {}, { subject: args.action, hint: "say add or delete" })
    }
    const { addGroup, deleteGroup } = await import("../../app/commands/groups.ts")
    if (args.action === "add") {
      if (args.index !== undefined) throw new AppError("ARGUMENT_UNEXPECTED", {}, { subject: args.index })
      return addGroup(session, { ...options, file })
    }
    return deleteGroup(session, { ...options, file, index: indexOf(args.index) })
  },
})

function indexOf(text: string | undefined): number {
  if (text === undefined) throw new AppError("ARGUMENT_MISSING", {}, { subject: "INDEX" })
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw new AppError("GROUP_INVALID", {}, { subject: "the number of a group is 0 or more" })
}
