import { type TargetName } from "../../app/check/targets.ts"
import { command } from "../spec.ts"

/** `app` says what each of them can do; here they are offered without loading that. */
export const targetNames = [
  "sops-3.7",
  "sops-3.8",
  "sops-3.9",
  "sops-3.10",
  "sops-3.11",
  "sops-3.12",
  "sops-3.13",
  "flux-2.0",
  "flux-2.1",
  "flux-2.2",
  "flux-2.3",
  "flux-2.4",
  "flux-2.5",
  "flux-2.6",
  "flux-2.7",
  "flux-2.8",
  "flux-2.9",
  "argocd-ksops",
  "ksops",
  "helm-secrets",
  "terraform-sops",
  "mise",
] as const satisfies readonly TargetName[]

export const checkCommand = command({
  details: [
    "Looks at the content of every tracked file and says what should not be committed: plain text that a rule " +
      "names, values in the clear, private keys, broken files, recipients and selectors that differ from the rule, " +
      "and rules that no file reaches. docs/checking.md explains every code and its remedy. Outside of git it looks " +
      "at the folder.",
    "It needs no key and sends nothing anywhere, so it can run in a hook and on branches of strangers. The status " +
      "is 1 if there is an error.",
  ],
  arguments: {
    paths: { kind: "many", completes: "file", summary: "files and folders; everything when absent" },
  },
  options: {
    staged: { kind: "flag", summary: "look at what is staged, by the staged config: for a hook" },
    range: {
      kind: "text",
      value: "A..B",
      summary: "look at what differs between two commits, by the config of the first: for a pull request",
    },
    verify: { kind: "flag", summary: "also open every file, with your identities, and check its MAC" },
    fix: {
      kind: "flag",
      summary: "seal what is in the clear, and remove recipients that the rule does not name; nobody is added",
    },
    strict: { kind: "flag", summary: "warnings fail too" },
    target: {
      kind: "choice",
      value: "NAME",
      choices: targetNames,
      summary: "also report what this reader cannot open: sops-3.13, flux-2.8, argocd-ksops and others",
    },
    format: {
      kind: "choice",
      value: "FORMAT",
      choices: ["text", "json", "github", "sarif"],
      summary: "text (the default), json, annotations for GitHub, or SARIF 2.1.0",
    },
  },
  examples: [
    { line: "sotto check", shows: "is everything sealed, and for the right people?" },
    { line: "sotto check --staged", shows: "before a commit: what is about to go in?" },
    { line: "sotto check --range origin/main..HEAD --format github", shows: "in CI: what does this branch change?" },
  ],
  async run(session, { args, options }) {
    const { check } = await import("../../app/commands/check.ts")
    const format = options.format ?? (options.json ? "json" : "text")
    return check(session, { ...options, format, paths: args.paths })
  },
})
