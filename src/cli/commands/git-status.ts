import { command } from "../spec.ts"

export const gitStatus = command({
  details: [
    "Looks at the settings, attributes and hooks of this clone, and at every sealed file that is tracked. Each finding " +
      "has a code and a command that mends it; the status is 1 when there is one. Nothing is written, and no key is needed.",
  ],
  arguments: {},
  options: {},
  examples: [{ line: "sotto git status", shows: "does git show and merge sealed files here?" }],
  async run(session, { options }) {
    const { gitStatus: statusOfGit } = await import("../../app/commands/git-status.ts")
    return statusOfGit(session, options)
  },
})
