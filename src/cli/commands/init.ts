import { command } from "../spec.ts"
import { recipientOptions } from "../option-groups.ts"

export const initCommand = command({
  details: [
    "Makes an age identity if you have none, writes a .sopsrc for this repository, and says what to do next. It " +
      "overwrites nothing. In a repository that has a config it makes the identity, and says who can let you in.",
  ],
  arguments: {},
  options: {
    age: recipientOptions.age,
    name: { kind: "text", value: "NAME", summary: "what people call you; git's user.name when absent" },
    pq: { kind: "flag", summary: "make a post-quantum identity" },
  },
  examples: [{ line: "sotto init", shows: "set up the repository in this folder" }],
  async run(session, { options }) {
    const { initProject } = await import("../../app/commands/init.ts")
    return initProject(session, options)
  },
})
