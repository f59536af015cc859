import { command } from "../spec.ts"

export const explainCommand = command({
  details: [
    "Says which config and which rule a file has and why, who can open it and who should, which values are " +
      "sealed, and, for a key path, why that one is or is not. For a file that does not exist or is not sealed, it " +
      "says how it would be sealed. No key is needed.",
  ],
  arguments: {
    file: { kind: "required", completes: "file", summary: "the file; it need not exist" },
    path: {
      kind: "optional",
      completes: "key path",
      summary: 'a key path, as `get` takes it: a[0].b or ["a"][0]["b"]',
    },
  },
  options: {
    all: { kind: "flag", summary: "also the rules that were passed over, and why" },
  },
  examples: [
    { line: "sotto explain secrets.yaml", shows: "which rule is this, and who is in it?" },
    { line: "sotto explain secrets.yaml db.password", shows: "why is this value sealed?" },
    { line: "sotto explain --all new.yaml", shows: "which rule would a new file get, and why not the others?" },
  ],
  async run(session, { args, options }) {
    const { explain } = await import("../../app/commands/explain.ts")
    return explain(session, { ...options, ...args })
  },
})
