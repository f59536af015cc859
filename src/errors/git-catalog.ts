import { type Entry } from "./catalog.ts"

/** What can go wrong between sotto and git; a part of the catalog. */
export const gitCatalog = {
  NOT_A_REPOSITORY: {
    exit: 1,
    title: "this is not a git repository",
    hint: "change into one, or create one with `git init`",
  },
  NOT_IN_CONFLICT: {
    exit: 200,
    title: "no sealed file is in conflict",
    hint: "`git status` shows what git waits for",
  },
  CONFLICT_REMAINS: {
    exit: 1,
    title: "a conflict is not decided",
    hint: "run `sotto resolve` at a terminal, or decide with --ours, --theirs, --take SIDE:PATH and --metadata",
  },
  REPAIR_REFUSED: {
    exit: 51,
    title: "the file is not what the merge of its parents gives",
    hint: "restore it from a parent and merge again with the driver, or with `sotto resolve`; do not use --ignore-mac: it would accept what nothing vouches for",
  },
  GIT_FAILED: { exit: 1, title: "git failed", hint: undefined },
  REVISION_UNKNOWN: {
    exit: 1,
    title: "git does not know that revision",
    hint: "name a commit, branch or tag: `git log --all` shows them",
  },
} as const satisfies Record<string, Entry>
