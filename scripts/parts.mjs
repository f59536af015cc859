// Which modules are in one chunk. What is loaded together stands together, since every file costs its own look-up,
// read and compilation; and what a short run seldom needs stands apart, since the engine looks at every letter that it
// is given. docs/design/performance-notes.md says how to find out which modules a command uses.
import { join } from "node:path"

/**
 * A part holds its roots and all that they import, except what an earlier part holds and what is the root of a later
 * one. It is loaded when it is imported; one that is `late` when a value of it is first used, wherever it is imported.
 * What is in no part gets chunks of its own. Of a package a part holds what it names.
 */
export const parts = [
  {
    name: "base",
    roots: [
      "start.ts",
      "cli/run.ts",
      "version.ts",
      "errors/display.ts",
      "app/agree.ts",
      "formats/registry.ts",
      "core/text.ts",
      "core/token.ts",
      "host/files.ts",
    ],
  },
  // Called as `sops`, or with nothing but arguments and flags, the program does without it.
  { name: "parse", late: true, roots: ["cli/words.ts", "cli/help.ts"], packages: ["commander"] },
  // What every command that reads a file needs. Git calls textconv twice for each commit that it shows, and redacted it
  // needs no more: neither keys nor formats.
  {
    name: "read",
    roots: ["formats/registry.ts", "core/text.ts", "core/token.ts", "host/files.ts"].concat([
      "cli/commands/textconv.ts",
      "app/commands/textconv.ts",
      "app/git/redacted-view.ts",
    ]),
  },
  {
    name: "open",
    roots: [
      "cli/commands/decrypt.ts",
      "cli/commands/filestatus.ts",
      "app/commands/decrypt.ts",
      "app/commands/filestatus.ts",
    ].concat(["formats/yaml/yaml.ts", "keys/age/age.ts"]),
    packages: ["bech32"],
  },
  { name: "opened-view", roots: ["app/git/opened-view.ts", "app/open/open-alone.ts"] },
  // Plain YAML is read without it.
  {
    name: "parse-yaml",
    late: true,
    roots: ["scan/parse", "scan/scanner", "resolve/walk", "resolve/check"].map((name) => `formats/yaml/${name}.ts`),
  },
  {
    name: "trouble",
    late: true,
    roots: ["errors/catalog.ts", "errors/nearest.ts", "cli/report.ts", "host/reason.ts", "app/report/table.ts"],
  },
  { name: "terminal", late: true, roots: ["host/terminal.ts"] },
  {
    name: "write",
    late: true,
    roots: ["host/write-atomic.ts", "host/write-batch.ts", "host/write-in-place.ts"].concat([
      "host/target.ts",
      "host/leftovers.ts",
    ]),
  },
  // Only a change of a config needs it, and the package.
  { name: "change-config", late: true, roots: ["config/edit-yaml.ts"], packages: ["yaml"] },
  {
    name: "config",
    late: true,
    roots: ["load", "rule", "glob", "simple-pattern"].map((name) => `config/${name}.ts`),
  },
  {
    name: "edit-yaml",
    late: true,
    roots: ["edit-set", "edit-unset", "attach", "block-tree", "aliases"]
      .map((name) => `formats/yaml/edit/${name}.ts`)
      .concat(["emit/emit", "carry/expand", "carry/carry-block"].map((name) => `formats/yaml/${name}.ts`)),
  },
  // What every command loads that seals.
  {
    name: "seal",
    late: true,
    roots: ["change-file", "seal-over", "seal-new", "clear-guard"]
      .map((name) => `app/seal/${name}.ts`)
      .concat(["app/report/sealed-line.ts", "app/recipients/recipients.ts"])
      .concat(["app/open/damage.ts", "app/seal/plan.ts", "core/align.ts", "core/same-sites.ts"])
      .concat(["again", "late-nodes", "read-sealed"].map((name) => `formats/yaml/plain/${name}.ts`)),
  },
  {
    name: "keys",
    late: true,
    roots: ["keys/age/grammar.ts", "keys/parse-recipient.ts", "core/shamir.ts", "keys/race.ts"]
      .concat(["keys/data-key-error.ts", "keys/trusted-program.ts"])
      .concat(["host/program.ts", "core/shlex.ts", "keys/keyservice/address.ts"]),
  },
  { name: "curves", late: true, roots: ["keys/age/ed25519-point.ts"], packages: ["@noble/curves", "@noble/hashes"] },
  {
    name: "age",
    late: true,
    roots: ["ssh", "ssh-public", "ssh-private", "plugin", "locked", "library", "explain"].map(
      (name) => `keys/age/${name}.ts`,
    ),
  },
  { name: "set", roots: ["cli/commands/set.ts", "app/commands/set.ts"] },
  { name: "get", roots: ["cli/commands/get.ts", "app/commands/get.ts"] },
  // Values that `set` takes are JSON.
  { name: "json", roots: ["formats/json/json.ts", "formats/json/print.ts"] },
  { name: "tree", late: true, roots: ["core/build-tree.ts", "app/open/tree-path.ts", "formats/flatten.ts"] },
  // Before each commit: git's plumbing, and what looks at files with it.
  {
    name: "git",
    late: true,
    roots: ["git", "repository", "listing", "blobs", "config", "plain-index", "head-changes"]
      .map((name) => `host/git/${name}.ts`)
      .concat(["app/git/open-repository.ts", "host/conversation.ts"]),
  },
  // `encrypt` and `set` ask it too.
  { name: "looks-secret", late: true, roots: ["app/check/private-keys.ts", "app/check/looks-secret.ts"] },
  // Of what looks at files, commands that change who can read them need this alone.
  { name: "plans", late: true, roots: ["app/open/sealed-files.ts", "app/recipients/key-plan.ts"] },
  {
    name: "check",
    late: true,
    roots: ["cli/commands/check.ts", "cli/commands/git-hook.ts", "app/commands/check.ts", "app/commands/git-hook.ts"],
  },
  {
    name: "encrypt",
    roots: [
      "cli/commands/encrypt.ts",
      "cli/recipient-options.ts",
      "app/commands/encrypt.ts",
      "app/report/rule-notices.ts",
    ],
  },
  { name: "edit", roots: ["cli/commands/edit.ts", "app/commands/edit.ts"] },
  {
    name: "merge",
    roots: ["cli/commands/merge-driver.ts", "app/commands/merge-driver.ts"],
  },
  // A file costs a tenth of a millisecond: what starts a child has one in place of six.
  {
    name: "child",
    roots: ["cli/commands/exec", "cli/commands/run", "app/commands/exec-env", "app/commands/run", "app/child/child-env"]
      .concat(["app/child/env-values", "host/child", "host/user"])
      .map((name) => `${name}.ts`),
  },
]

/**
 * @param imports - the static imports of each module, by its path
 * @param source - the folder that the roots are in
 * @returns the name of the part of each module that is in one
 */
export function partsOf(imports, source) {
  const rootOf = new Map()
  for (const { name, roots } of parts) {
    for (const root of roots) {
      const id = join(source, root)
      if (!imports.has(id)) throw new Error(`${root} is the root of ${name}, and is not there`)
      rootOf.set(id, name)
    }
  }
  const partOf = new Map([["\0rolldown/runtime.js", parts[0].name]])
  for (const { name, roots, packages = [] } of parts) {
    const found = roots.map((root) => join(source, root))
    const isMember = (id) => id.startsWith(source) || packages.some((name) => id.includes(`/node_modules/${name}/`))
    while (found.length > 0) {
      const id = found.pop()
      if (partOf.has(id) || !isMember(id) || (rootOf.get(id) ?? name) !== name) continue
      partOf.set(id, name)
      found.push(...imports.get(id))
    }
  }
  return partOf
}
