import { command } from "../spec.ts"

export const gitStatusCommand = command({
  details: [
    "Looks at the settings, attributes and hooks of this clone, and at every tracked sealed file. Each finding " +
      "has a code and a command that fixes it; the status is 1 if there is one. Nothing is written, and no key is " +
      "needed.",
  ],
  arguments: {},
  options: {},
  examples: [{ line: "sotto git status", shows: "does git show and merge sealed files here?" }],
  async run(session, { options }) {
    const { gitStatus } = await import("../../app/commands/git-status.ts")
    return gitStatus(session, options)
  },
})
