import { type CatalogEntry } from "./catalog.ts"

/** Standard streams, and programs that are started. */
export const programCatalog = {
  OUTPUT_CLOSED: { exit: 141, title: "standard output was closed", hint: undefined },
  OUTPUT_FAILED: { exit: 3, title: "the output cannot be written", hint: "check where standard output goes" },
  COMMAND_MISSING: { exit: 127, title: "the command was not found", hint: "check its name, and PATH" },
  COMMAND_NOT_EXECUTABLE: {
    exit: 126,
    title: "the command cannot be run",
    hint: "make it executable with chmod +x, or name the program that reads it first",
  },
  PROGRAM_MISSING: { exit: 1, title: "a required program was not found", hint: undefined },
  PROGRAM_REFUSED: {
    exit: 1,
    title: "a program was not run, because other users could have put it there",
    hint: "install it where only you and root can write, outside of the repository",
  },
  FIFO_FAILED: { exit: 3, title: "a named pipe cannot be made", hint: "use a regular file: --no-fifo" },
  FILENAME_OUTSIDE: { exit: 1, title: "the name does not stay in its folder", hint: "give a plain file name" },
  USER_UNKNOWN: { exit: 1, title: "there is no such user", hint: "name a user of this machine" },
  USER_REFUSED: { exit: 1, title: "the program cannot switch to that user", hint: "only root can do that" },
  NO_EDITOR: { exit: 201, title: "no editor was found", hint: "set SOPS_EDITOR or EDITOR" },
  EDITOR_INVALID: {
    exit: 201,
    title: "the editor's command line is not valid",
    hint: "close every quote in it",
  },
  EDITOR_FAILED: { exit: 201, title: "the editor failed", hint: "nothing was written: try another editor" },
} as const satisfies Record<string, CatalogEntry>

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
} as const satisfies Record<string, CatalogEntry>
