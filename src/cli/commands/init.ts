import { command } from "../spec.ts"
import { recipientOptions } from "../option-groups.ts"

export const init = command({
  details: [
    "Makes an age identity when you have none, writes a .sopsrc for this repository, and says what to do next. " +
      "Nothing that exists is overwritten.",
  ],
  arguments: {},
  options: {
    age: recipientOptions.age,
    pq: { kind: "flag", summary: "make a post-quantum identity" },
  },
  examples: [{ line: "sotto init", shows: "set up the repository in this folder" }],
  async run(session, { options }) {
    const { initProject } = await import("../../app/commands/init.ts")
    return initProject(session, options)
  },
})
