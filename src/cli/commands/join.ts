import { command } from "../spec.ts"

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
    const { joinProject } = await import("../../app/commands/join.ts")
    return joinProject(session, { ...options, name: args.name })
  },
})
