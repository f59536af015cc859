import { command } from "../spec.ts"

export const status = command({
  details: [
    "Reads the metadata alone, so no key is needed. A file that does not follow its rule, or whose MAC is gone, makes the " +
      "status 1. The age is that of the data key: since the newest commit that changed it, outside of git since the last change.",
  ],
  arguments: {
    paths: { kind: "many", completes: "file", summary: "files and folders; the working folder when absent" },
  },
  options: {},
  examples: [{ line: "sotto status", shows: "which sealed files are there, and do they follow the config?" }],
  async run(session, { args, options }) {
    const { status: statusOf } = await import("../../app/commands/status.ts")
    return statusOf(session, { ...options, paths: args.paths.length === 0 ? ["."] : args.paths })
  },
})
