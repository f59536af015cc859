import { clearOptions, dropUnknown, dryRun, openOptions, yes } from "../option-groups.ts"
import { command } from "../spec.ts"

export const revokeCommand = command({
  details: [
    "Every file that the name could read gets a new data key without it; then the name is removed from .sopsrc, " +
      "whose comments and layout stay. The last lines list the key paths of all values that the name knows: change " +
      "them at their source, since old versions of the files can still be opened.",
  ],
  arguments: { name: { kind: "required", completes: "member", summary: "a name of .sopsrc" } },
  options: { yes, dryRun, dropUnknown, ...clearOptions, ...openOptions },
  examples: [
    { line: "sotto revoke --dry-run bob", shows: "what can bob read?" },
    { line: "sotto revoke bob", shows: "bob leaves" },
  ],
  async run(session, { args, options }) {
    const { revokeName } = await import("../../app/commands/revoke.ts")
    return revokeName(session, { ...options, ...args })
  },
})
