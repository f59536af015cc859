import {
  clearOptions,
  dropUnknown,
  dryRun,
  keepRecipient,
  openOptions,
  targetOptions,
  typeOptions,
} from "../option-groups.ts"
import { changedRecipients, changeOptions } from "../recipient-options.ts"
import { command } from "../spec.ts"
import { outputOf, sources } from "../target.ts"

export const rotateCommand = command({
  details: [
    "Makes a new data key and seals every value again. Everybody who could read the file before still knows its values, " +
      "and can open old versions of it: change the values at their source too.",
    "New recipients join the first key group; removed ones leave all groups. The recipients of the config are not " +
      "taken over (see `sotto updatekeys`), but the data key is wrapped only for recipients that the rule names or " +
      "--keep-recipient does. Without a rule, the recipient that opened the file stays, and you are asked " +
      "about all others.",
  ],
  arguments: {
    files: {
      kind: "many",
      completes: "file",
      summary: "sealed files, and with --in-place folders; standard input when -",
    },
  },
  options: {
    ...targetOptions,
    ...changeOptions,
    keepRecipient,
    dropUnknown,
    dryRun,
    ...typeOptions,
    ...clearOptions,
    ...openOptions,
  },
  examples: [
    { line: "sotto rotate -i secrets.yaml", shows: "a new data key" },
    { line: "sotto rotate -i --rm-age age1... secrets/", shows: "remove somebody from all files of a folder" },
    { line: "sotto rotate --dry-run secrets/", shows: "what would be done" },
  ],
  async run(session, { args, options }) {
    const files = sources(args.files, { ...options, inPlace: options.inPlace || options.dryRun })
    const { rotateFiles } = await import("../../app/commands/rotate.ts")
    const { awsProfile, encryptionContext } = options
    const common = { awsProfile, encryptionContext, shamirSecretSharingThreshold: undefined }
    const add = { ...common, ...changedRecipients("add", options) }
    const remove = { ...common, ...changedRecipients("rm", options) }
    return rotateFiles(session, { ...options, output: outputOf(options), files, add, remove })
  },
})
