import { command } from "../spec.ts"

export const gitHookCommand = command({
  details: [
    "Called by the hooks that `sotto git install` writes. pre-commit and pre-merge-commit check what is staged, " +
      "without a key, and stop git before a secret is lost or shown; post-merge says which files wait for `sotto " +
      "repair` or `sotto sync`.",
  ],
  arguments: {
    name: { kind: "required", completes: ["pre-commit", "pre-merge-commit", "post-merge"], summary: "the hook" },
    arguments: { kind: "many", completes: null, summary: "what git tells the hook" },
  },
  options: {},
  examples: [{ line: 'sotto git hook pre-commit "$@" || exit $?', shows: "in a hook of your own" }],
  async run(session, { args }) {
    const { runHook } = await import("../../app/commands/git-hook.ts")
    return runHook(session, args)
  },
})
