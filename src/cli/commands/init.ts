import { recipientOptions } from "../recipient-options.ts"
import { command } from "../spec.ts"

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

export const joinCommand = command({
  details: [
    "Makes an age identity if you have none, and writes your name and public key under `pending` in .sopsrc: a " +
      "request that you commit and push. No data key is wrapped for it until somebody who can read approves it.",
  ],
  arguments: {
    name: { kind: "optional", completes: null, summary: "what people call you; git's user.name when absent" },
  },
  options: { pq: { kind: "flag", summary: "make a post-quantum identity" } },
  examples: [{ line: "sotto join bob", shows: "ask to be let in" }],
  async run(session, { args, options }) {
    const { joinProject } = await import("../../app/commands/init.ts")
    return joinProject(session, { ...options, name: args.name })
  },
})
