import { command } from "../spec.ts"

export const diffCommand = command({
  details: [
    "Compares sealed files as `git diff` does, by default the work tree with HEAD, and shows which key paths, " +
      "comments, recipients and selectors differ. Instead of values it shows fingerprints, which are new in each " +
      "run. Where no identity opens both versions, it compares tokens. It asks nothing, and starts nothing but git.",
    "The first argument may be a revision, A..B, or A...B for what changed in B since it parted from A; two " +
      "revisions mean A..B. Paths follow, after `--` if they could be taken for a revision.",
  ],
  arguments: {
    words: { kind: "many", completes: "file", summary: "a revision or range, then files and folders" },
  },
  options: {
    staged: { kind: "flag", summary: "compare what is staged" },
    noIndex: { kind: "flag", summary: "compare two files, in git or not" },
    reveal: { kind: "flag", summary: "show values instead of fingerprints; needs a key" },
    revealForce: { kind: "flag", summary: "the same in CI and under an agent; also written --reveal=force" },
    exitCode: { kind: "flag", summary: "status 1 when there is a difference" },
    nameOnly: { kind: "flag", summary: "only the names of the files" },
    markdown: { kind: "flag", summary: "tables for a comment on a pull request" },
  },
  examples: [
    { line: "sotto diff", shows: "what did I change?" },
    { line: "sotto diff main...HEAD --markdown", shows: "for reviewers: what does this branch change?" },
    { line: "sotto diff --no-index old.yaml new.yaml", shows: "two files" },
  ],
  async run(session, { args, options }) {
    const { diffSealed } = await import("../../app/commands/diff.ts")
    const { argv } = session.io
    const dashes = argv.indexOf("--")
    return diffSealed(session, {
      ...options,
      words: args.words,
      afterDashes: dashes === -1 ? null : argv.length - dashes - 1,
      reveal: options.revealForce ? "force" : options.reveal ? "yes" : "no",
      format: options.json ? "json" : options.markdown ? "markdown" : "text",
    })
  },
})
