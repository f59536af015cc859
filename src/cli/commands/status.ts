import { command } from "../spec.ts"

export const statusCommand = command({
  details: [
    "Reads only the metadata, so no key is needed. The status is 1 if a file does not follow its rule or has no " +
      "MAC. The age is that of the data key: since the newest commit that changed it, or outside of git since the " +
      "last change.",
  ],
  arguments: {
    paths: { kind: "many", completes: "file", summary: "files and folders; the working folder when absent" },
  },
  options: {},
  examples: [{ line: "sotto status", shows: "which sealed files are there, and do they follow the config?" }],
  async run(session, { args, options }) {
    const { status } = await import("../../app/commands/status.ts")
    return status(session, { ...options, paths: args.paths.length === 0 ? ["."] : args.paths })
  },
})
