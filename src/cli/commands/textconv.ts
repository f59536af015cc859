import { command } from "../spec.ts"

export const textconvCommand = command({
  details: [
    "Git calls this for diffs, once `sotto git install` has told it to. With a key it prints the plaintext, and " +
      "who the file is for. Without one it prints the structure, with a fingerprint instead of each value; it also " +
      "does so with --redacted, in CI, under agents and for `git commit -v`. It never fails, and starts, asks and " +
      "connects to nothing.",
  ],
  arguments: { file: { kind: "required", completes: "file", summary: "the file, as git lends it" } },
  options: { redacted: { kind: "flag", summary: "fingerprints instead of values, also with a key" } },
  examples: [{ line: "sotto textconv --redacted secrets.yaml", shows: "what a reviewer without a key sees" }],
  async run(session, { args, options }) {
    const { textconv } = await import("../../app/commands/textconv.ts")
    return textconv(session, { ...options, file: args.file })
  },
})
