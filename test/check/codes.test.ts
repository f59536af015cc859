import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { checkCodes } from "../../src/app/check/finding.ts"
import { targets } from "../../src/app/check/targets.ts"
import { targetNames } from "../../src/cli/commands/check.ts"
import { type Checked, checkedRepository, codesOf, config, identity, secretText, stranger, tester } from "./checked.ts"

interface Case {
  readonly name: string
  /** All that is found, without what a repository with one sealed file has. */
  readonly codes: readonly string[]
  readonly rules?: string
  make(repo: Checked): Promise<void> | void
  readonly args?: readonly string[]
}

/** A text after one change of it, which has to be one. */
function edited(repo: Checked, path: string, change: (text: string) => string): void {
  const before = repo.read(path).toString("utf8")
  const after = change(before)
  expect(after).not.toBe(before)
  repo.write(path, after)
}

const sealed = (repo: Checked): Promise<void> => repo.seal("secrets/a.yaml", secretText)
const oneRule = "  - path: secrets/**\n    recipients: [tester, stranger]\n"
const token = /ENC\[AES256_GCM,[^\]]*\]/
// Put together, so that a scanner of this repository does not take it for a key.
const githubToken = ["gh", "p_", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"].join("")
const awsKey = ["AK", "IA", "Q3EGRNS4TVBZ7XKD"].join("")
const pem = (kind: string, body = "MIIEpAIBAAKCAQEA7bq4cKxJw0canary7f3aQ2vV0QWnZ3m5".repeat(3)): string =>
  `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----\n`

const cases: readonly Case[] = [
  { name: "a repository as it should be", codes: [], make: sealed },
  // PLAINTEXT_FILE
  {
    name: "plain text that a rule names",
    codes: ["PLAINTEXT_FILE"],
    make: (repo) => repo.write("secrets/b.yaml", secretText),
  },
  {
    name: "plain JSON",
    codes: ["PLAINTEXT_FILE"],
    make: (repo) => repo.write("secrets/b.json", `{"a":"canary-7f3a"}`),
  },
  {
    name: "a file of no format",
    codes: ["PLAINTEXT_FILE"],
    make: (repo) => repo.write("secrets/key.bin", "canary-7f3a"),
  },
  {
    name: "bytes that are no text",
    codes: ["PLAINTEXT_FILE"],
    make: (repo) => repo.write("secrets/key.bin", Buffer.from([0xff, 0xfe, 1])),
  },
  {
    name: "a file that does not scan",
    codes: ["PLAINTEXT_FILE"],
    make: (repo) => repo.write("secrets/b.yaml", "a: ["),
  },
  { name: "plain text that no rule names", codes: [], make: (repo) => repo.write("other/b.yaml", secretText) },
  { name: "an empty file", codes: [], make: (repo) => repo.write("secrets/b.yaml", "") },
  { name: "comments alone", codes: [], make: (repo) => repo.write("secrets/b.yaml", "# nothing yet\n") },
  ...["b.yaml.example", "b.example.yaml", "b.yaml.sample", "b.yaml.dist", "id.pub", ".gitkeep"].map((name): Case => ({
    name: `${name} shows how the file looks`,
    codes: [],
    make: (repo) => repo.write(`secrets/${name}`, secretText),
  })),
  {
    name: "a rule that lets plain text be",
    rules: `  - path: secrets/open/**\n    recipients: [tester, stranger]\n    check: skip\n${oneRule}`,
    codes: [],
    make: async (repo) => {
      await sealed(repo)
      repo.write("secrets/open/b.yaml", secretText)
    },
  },
  {
    name: "nothing in the file that the rule selects",
    rules: "  - path: secrets/**\n    recipients: [tester, stranger]\n    encrypted_regex: ^data$\n",
    codes: [],
    make: (repo) => repo.write("secrets/b.yaml", "kind: Deployment\nspec: {replicas: 2}\n"),
  },
  {
    name: "something in it that the rule selects",
    rules: "  - path: secrets/**\n    recipients: [tester, stranger]\n    encrypted_regex: ^data$\n",
    codes: ["PLAINTEXT_FILE"],
    make: (repo) => repo.write("secrets/b.yaml", "kind: Secret\ndata: {a: canary-7f3a}\n"),
  },
  {
    name: "a rule for every path says who, and not what",
    rules: "  - recipients: [tester, stranger]\n",
    codes: [],
    make: (repo) => repo.write("README.md", "hello\n"),
  },
  {
    name: "what is called a secret is meant by it",
    rules: "  - recipients: [tester, stranger]\n",
    codes: ["PLAINTEXT_FILE"],
    make: (repo) => repo.write("deploy/secrets.yaml", secretText),
  },
  // VALUE_CLEAR and its kin
  {
    name: "a value that somebody added by hand",
    codes: ["VALUE_CLEAR"],
    make: async (repo) => {
      await sealed(repo)
      edited(repo, "secrets/a.yaml", (text) => `added: canary-7f3a\n${text}`)
    },
  },
  ...["''", '""', "null", "~", "{}", "[]"].map((value): Case => ({
    name: `nothing is sealed of ${value}`,
    codes: [],
    make: async (repo) => {
      await sealed(repo)
      edited(repo, "secrets/a.yaml", (text) => `added: ${value}\n${text}`)
    },
  })),
  {
    name: "a clear value of another kind",
    codes: ["VALUE_CLEAR"],
    make: async (repo) => {
      await sealed(repo)
      edited(repo, "secrets/a.yaml", (text) => `added: 7\n${text}`)
    },
  },
  {
    name: "a value of dotenv",
    codes: ["VALUE_CLEAR"],
    make: async (repo) => {
      await repo.seal("secrets/a.env", "A=canary-7f3a\n")
      edited(repo, "secrets/a.env", (text) => `B=canary-7f3a\n${text}`)
    },
  },
  {
    name: "the rule would seal what the file leaves clear",
    codes: ["SELECTOR_DRIFT", "VALUE_CLEAR_BY_RULE"],
    make: async (repo) => {
      await repo.seal("secrets/a.yaml", secretText, "--encrypted-regex", "^password$", "--use-file-selectors")
    },
  },
  {
    name: "the file seals more than the rule asks for",
    rules: "  - path: secrets/**\n    recipients: [tester, stranger]\n    encrypted_regex: ^password$\n",
    codes: ["SELECTOR_DRIFT"],
    make: async (repo) => {
      const own = repo.read(".sopsrc")
      repo.write(".sopsrc", config(oneRule))
      await sealed(repo)
      repo.write(".sopsrc", own)
    },
  },
  {
    name: "a MAC over sealed values alone",
    codes: ["MAC_ONLY_DRIFT"],
    make: (repo) => repo.seal("secrets/a.yaml", secretText, "--mac-only-encrypted"),
  },
  // Tokens
  ...(
    [
      ["text in front of a token", (text: string) => text.replace("ENC[", "x ENC["), "TOKEN_INVALID"],
      ["text behind a token", (text: string) => text.replace(token, (all) => `"${all} x"`), "TRAILING_TEXT"],
      ["a token that is cut off", (text: string) => text.replace(/,type:str\]/, ""), "TOKEN_INVALID"],
      ["padding that is gone", (text: string) => text.replace(/=+,type/, ",type"), "TOKEN_INVALID"],
      ["a short tag", (text: string) => text.replace(/,tag:[^,]*,/, ",tag:AAAA,"), "TOKEN_INVALID"],
      ["a nonce of no byte", (text: string) => text.replace(/,iv:[^,]*,/, ",iv:,"), "TOKEN_INVALID"],
      [
        "a nonce of 65 bytes",
        (text: string) => text.replace(/,iv:[^,]*,/, `,iv:${Buffer.alloc(65).toString("base64")},`),
        "TOKEN_INVALID",
      ],
      [
        "a nonce of 8 bytes",
        (text: string) => text.replace(/,iv:[^,]*,/, `,iv:${Buffer.alloc(8).toString("base64")},`),
        "TOKEN_INVALID",
      ],
      ["an unknown type", (text: string) => text.replace(",type:str]", ",type:blob]"), "TOKEN_INVALID"],
      ["the type of a comment", (text: string) => text.replace(",type:str]", ",type:comment]"), "TOKEN_INVALID"],
    ] as const
  ).map(([name, change, code]): Case => ({
    name,
    codes: [code],
    make: async (repo) => {
      await sealed(repo)
      edited(repo, "secrets/a.yaml", change)
    },
  })),
  ...(
    [
      ["as git makes them", (text: string) => text.replaceAll("\n", "\r\n"), ["LINE_ENDS"]],
      ["of the metadata alone", (text: string) => text.replaceAll(/(?<=^sops_.*)\n/gm, "\r\n"), ["LINE_ENDS"]],
      ["of the values alone", (text: string) => text.replaceAll("]\n", "]\r\n"), ["LINE_ENDS"]],
      ["as old Macs had them", (text: string) => text.replaceAll("\n", "\r"), ["LINE_ENDS"]],
      ["of the author, in the clear", (text: string) => text.replace("_unencrypted=x\n", "_unencrypted=x\r\n"), []],
    ] as const
  ).map(([name, change, codes]): Case => ({
    name: `line ends of a .env ${name}`,
    codes,
    make: async (repo) => {
      await repo.seal("secrets/a.env", "A=canary-7f3a\nB=canary-7f3a\nC_unencrypted=x\n")
      edited(repo, "secrets/a.env", change)
    },
  })),
  // Metadata
  ...(
    [
      [
        "a date that is none",
        (text: string) => text.replace(/lastmodified: .*/, "lastmodified: yesterday"),
        ["METADATA_INVALID"],
      ],
      ["a version that is none", (text: string) => text.replace(/version: .*/, "version: x"), ["METADATA_INVALID"]],
      ["a MAC that is no token", (text: string) => text.replace(/mac: .*/, "mac: abc"), ["METADATA_INVALID"]],
      ["no MAC", (text: string) => text.replace(/ +mac: .*\n/, ""), ["MAC_MISSING"]],
      ["nobody who could open it", (text: string) => text.replace(/ +age:\n[^]*?(?= +lastmodified)/, ""), ["NO_KEYS"]],
      ["no metadata any more", (text: string) => text.replace(/^sops:[^]*/m, ""), ["METADATA_INVALID"]],
      ["a line that is no YAML", (text: string) => `a: [\n${text}`, ["SYNTAX"]],
      [
        "a merge that stopped",
        (text: string) => text.replace(/( +mac: .*\n)/, "<<<<<<< HEAD\n$1=======\n$1>>>>>>> other\n"),
        ["CONFLICT_MARKERS"],
      ],
    ] as const
  ).map(([name, change, codes]): Case => ({
    name,
    codes,
    make: async (repo) => {
      await sealed(repo)
      edited(repo, "secrets/a.yaml", change)
    },
  })),
  {
    name: "a merge that stopped, in a file whose name tells no format",
    codes: ["CONFLICT_MARKERS"],
    make: async (repo) => {
      await repo.seal("secrets/.env.production", "A=canary-7f3a\n", "--input-type", "dotenv")
      edited(repo, "secrets/.env.production", (text) =>
        text.replace(/^(sops_mac=.*\n)/m, "<<<<<<< a\n$1=======\n$1>>>>>>> b\n"),
      )
    },
  },
  {
    name: "prose that shows a token, markers and metadata",
    codes: [],
    make: (repo) =>
      repo.write(
        "docs/merge.md",
        "# Merge\n\n```\nsops:\n<<<<<<< a\n    mac: ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]\n=======\n>>>>>>> b\n```\n",
      ),
  },
  // Recipients
  {
    name: "somebody whom the rule names cannot open it",
    codes: ["RECIPIENT_MISSING"],
    make: (repo) => repo.seal("secrets/a.yaml", secretText, "--age", tester),
  },
  {
    name: "somebody can open it whom the rule does not name",
    rules: "  - path: secrets/**\n    recipients: tester\n  - path: more/**\n    recipients: stranger\n",
    codes: ["RECIPIENT_EXTRA", "RULE_UNUSED"],
    make: (repo) => repo.seal("secrets/a.yaml", secretText, "--age", `${tester},${stranger}`),
  },
  {
    name: "other key groups, and so another number of them",
    rules: "  - path: secrets/**\n    key_groups: [[tester], [stranger]]\n    threshold: 2\n",
    codes: ["GROUPS_DRIFT", "THRESHOLD_DRIFT"],
    make: (repo) => repo.seal("secrets/a.yaml", secretText, "--age", `${tester},${stranger}`),
  },
  {
    name: "a file without a rule",
    codes: ["NO_RULE"],
    make: (repo) => repo.seal("other/a.yaml", secretText, "--age", `${tester},${stranger}`),
  },
  // The config
  {
    name: "a config that is wrong",
    codes: ["CONFIG_INVALID"],
    make: (repo) => repo.write(".sopsrc", "version: 1\nrulez: []\n"),
  },
  {
    name: "a config that is wrong, in a folder that nobody needs it for",
    codes: ["CONFIG_INVALID"],
    make: (repo) => repo.write("deep/.sops.yaml", "creation_rules:\n  - age: nobody\n"),
  },
  {
    name: "two configs that disagree",
    codes: ["CONFIG_DISAGREE"],
    make: async (repo) => {
      await sealed(repo)
      repo.write(".sops.yaml", `creation_rules:\n  - path_regex: ^secrets/\n    age: ${tester}\n`)
    },
  },
  {
    name: "two configs that agree",
    codes: [],
    make: async (repo) => {
      await sealed(repo)
      repo.write(".sops.yaml", `creation_rules:\n  - path_regex: ^secrets/\n    age: ${tester},${stranger}\n`)
    },
  },
  ...(
    [
      [
        "behind a rule for every path",
        "  - recipients: [tester, stranger]\n  - path: secrets/**\n    recipients: tester\n",
        ["RULE_SHADOWED"],
      ],
      ["behind the same rule", `${oneRule}  - path: secrets/**\n    recipients: tester\n`, ["RULE_SHADOWED"]],
      ["behind a wider glob", `${oneRule}  - path: secrets/prod/*.yaml\n    recipients: tester\n`, ["RULE_SHADOWED"]],
      [
        "behind a pattern that is as wide",
        "  - path_regex: ^secrets/\n    recipients: [tester, stranger]\n  - path: secrets/*.yaml\n    recipients: tester\n",
        ["RULE_SHADOWED"],
      ],
      [
        "behind a rule that takes each of its files",
        "  - path: secrets/a.yaml\n    recipients: [tester, stranger]\n  - path: secrets/[!b]*\n    recipients: tester\n",
        ["RULE_SHADOWED"],
      ],
      [
        "before a wider one",
        `  - path: secrets/a.yaml\n    recipients: [tester, stranger]\n  - path: "**"\n    recipients: tester\n`,
        [],
      ],
      [
        "beside one with an exception",
        "  - path: secrets/[!b]*.yaml\n    recipients: [tester, stranger]\n  - path: secrets/*.json\n    recipients: tester\n",
        ["RULE_UNUSED"],
      ],
    ] as const
  ).map(([name, rules, codes]): Case => ({
    name: `a rule ${name}`,
    rules,
    codes,
    make: async (repo) => {
      repo.write(".sopsrc", config(rules))
      await repo.seal("secrets/a.yaml", secretText, "--age", `${tester},${stranger}`)
    },
  })),
  {
    name: "somebody whom no rule names",
    rules: "  - path: secrets/**\n    recipients: tester\n",
    codes: ["RECIPIENT_UNUSED"],
    make: sealed,
  },
  // Beside each other
  ...["a.dec.yaml", "a.decrypted.yaml", "a.plain.yaml", "a.yaml.dec"].map((name): Case => ({
    name: `the plain text ${name} beside the sealed file`,
    rules: "  - path: secrets/a.yaml\n    recipients: [tester, stranger]\n",
    codes: ["SIBLING_PLAINTEXT"],
    make: async (repo) => {
      await sealed(repo)
      repo.write(`secrets/${name}`, secretText)
    },
  })),
  ...[
    ["b.yaml", "b.enc.yaml"],
    ["b.yaml", "b.sops.yaml"],
    ["b.json", "b.json.enc"],
    [".env", ".env.enc"],
  ].map(([plain = "", twin = ""]): Case => ({
    name: `${plain} beside ${twin}`,
    rules: `  - path: secrets/${twin}\n    recipients: [tester, stranger]\n`,
    codes: ["SIBLING_PLAINTEXT"],
    make: async (repo) => {
      const type = plain === ".env" ? "dotenv" : plain.endsWith("json") ? "json" : "yaml"
      const text = type === "dotenv" ? "A=canary-7f3a\n" : type === "json" ? `{"A": "canary-7f3a"}` : "A: canary-7f3a\n"
      await repo.seal(`secrets/${twin}`, text, "--input-type", type)
      repo.write(`secrets/${plain}`, text)
    },
  })),
  {
    name: "a file of that name without a key in common",
    rules: "  - path: secrets/a.yaml\n    recipients: [tester, stranger]\n",
    codes: [],
    make: async (repo) => {
      await sealed(repo)
      repo.write("secrets/a.dec.yaml", "other: 1\n")
    },
  },
  {
    name: "a copy of a sealed file",
    codes: ["SHARED_DATA_KEY"],
    make: async (repo) => {
      await sealed(repo)
      repo.write("secrets/b.yaml", repo.read("secrets/a.yaml"))
    },
  },
  {
    name: "two files that were sealed one by one",
    codes: [],
    make: async (repo) => {
      await sealed(repo)
      await repo.seal("secrets/b.yaml", secretText)
    },
  },
  // Keys
  { name: "an age identity", codes: ["PRIVATE_KEY"], make: (repo) => repo.write("keys.txt", `# mine\n${identity}\n`) },
  {
    name: "an age identity with a wrong checksum",
    codes: [],
    make: (repo) => repo.write("keys.txt", identity.replace(/.$/, "Q")),
  },
  { name: "the public side", codes: [], make: (repo) => repo.write("keys.txt", `${tester}\n`) },
  ...[
    "PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "DSA PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "PGP PRIVATE KEY BLOCK",
  ].map((kind): Case => ({
    name: `a PEM block: ${kind}`,
    codes: ["PRIVATE_KEY"],
    make: (repo) => repo.write("deploy/id", pem(kind)),
  })),
  {
    name: "a key in JSON",
    codes: ["PRIVATE_KEY"],
    make: (repo) => repo.write("sa.json", JSON.stringify({ private_key: pem("PRIVATE KEY") })),
  },
  ...["PUBLIC KEY", "CERTIFICATE", "AGE ENCRYPTED FILE", "PGP PUBLIC KEY BLOCK"].map((kind): Case => ({
    name: `no key: ${kind}`,
    codes: [],
    make: (repo) => repo.write("deploy/id", pem(kind)),
  })),
  { name: "a block without a body", codes: [], make: (repo) => repo.write("doc.md", pem("RSA PRIVATE KEY", "...")) },
  { name: "a token of GitHub", codes: ["PRIVATE_KEY"], make: (repo) => repo.write("app.py", `t = "${githubToken}"\n`) },
  { name: "an access key of AWS", codes: ["PRIVATE_KEY"], make: (repo) => repo.write("app.tf", `key = "${awsKey}"\n`) },
  {
    name: "the access key of AWS's own pages",
    codes: [],
    make: (repo) => repo.write("app.tf", `key = "AKIAIOSFODNN7EXAMPLE"\n`),
  },
  {
    name: "the number of an account",
    codes: [],
    make: (repo) => repo.write("app.tf", `aws_account_id = "1234-5678-9012"\nnpm_x SG.\n`),
  },
  {
    name: "a key in the clear part of a sealed file",
    rules: "  - path: secrets/**\n    recipients: [tester, stranger]\n    unencrypted_suffix: _clear\n",
    codes: ["PRIVATE_KEY"],
    make: (repo) =>
      repo.seal("secrets/a.yaml", `a: canary-7f3a\nkey_clear: ${githubToken}\n`, "--allow-clear", "key_clear"),
  },
  {
    name: "a sealed key",
    codes: [],
    make: (repo) => repo.seal("secrets/a.yaml", `key: ${githubToken}\nid: ${identity}\n`),
  },
  // Names
  {
    name: "a key that could be moved",
    codes: ["KEY_AMBIGUOUS"],
    make: async (repo) => {
      await repo.seal("secrets/a.yaml", "a:\n  b: canary-7f3a\n")
      edited(repo, "secrets/a.yaml", (text) => text.replace(/^a:\n +b: (.*)\n/, 'a:\n    b: $1\n"a:b": $1\n'))
    },
  },
  ...["p\u0430ssword", "pass\u200bword", "a\u202eb"].map((key): Case => ({
    name: `a key that is not what it looks like: ${JSON.stringify(key)}`,
    codes: ["NAME_SUSPECT"],
    make: (repo) => repo.seal("secrets/a.json", JSON.stringify({ [key]: "canary-7f3a" })),
  })),
  ...["пароль", "κωδικός", "パスワードpassword", "passwort-größe", "пароль-password"].map((key): Case => ({
    name: `a key in its own letters: ${key}`,
    codes: [],
    make: (repo) => repo.seal("secrets/a.json", JSON.stringify({ [key]: "canary-7f3a" })),
  })),
  {
    name: "a file that is not what it looks like",
    codes: ["NAME_SUSPECT"],
    make: (repo) => repo.seal("secrets/\u0430dmin.yaml", secretText),
  },
  // The clone
  {
    name: "a setting that keeps plain text",
    codes: ["GIT_CACHETEXTCONV"],
    make: (repo) => void repo.git("config", "diff.sotto.cachetextconv", "true"),
  },
  {
    name: "the same for another program's driver",
    codes: [],
    make: (repo) => void repo.git("config", "diff.pdf.cachetextconv", "true"),
  },
  {
    name: "notes that git made of plain text",
    codes: ["GIT_TEXTCONV_NOTES"],
    make: (repo) => {
      repo.write("a", "1")
      repo.commitAll()
      repo.git("notes", "--ref", "textconv/sotto", "add", "-m", "x")
    },
  },
  {
    name: "the same under another name, as any driver has it",
    codes: ["GIT_TEXTCONV_NOTES"],
    make: (repo) => {
      repo.write("a", "1")
      repo.commitAll()
      repo.git("notes", "--ref", "refs/notes/textconv/sopsdiffer", "add", "-m", "x")
    },
  },
  ...["commits", "textconv-of-mine", "review/textconv"].map((ref): Case => ({
    name: `notes of people: ${ref}`,
    codes: [],
    make: (repo) => {
      repo.write("a", "1")
      repo.commitAll()
      repo.git("notes", "--ref", ref, "add", "-m", "x")
    },
  })),
  // Limits
  {
    name: "a sealed file of more than 64 MiB",
    codes: ["TOO_LARGE"],
    make: async (repo) => {
      await sealed(repo)
      repo.write("big.yaml", Buffer.concat([repo.read("secrets/a.yaml"), Buffer.alloc(64 * 1024 * 1024, "#")]))
    },
  },
  {
    name: "values that nest deeper than anybody writes",
    codes: ["TOO_LARGE"],
    make: async (repo) => {
      await repo.seal("secrets/a.json", `{"a":"canary-7f3a"}`)
      edited(repo, "secrets/a.json", (text) => text.replace("{", `{"deep": ${"[".repeat(300)}${"]".repeat(300)},`))
    },
  },
  {
    name: "a pattern that is too long to look with",
    codes: ["TOO_LARGE"],
    make: async (repo) => {
      await repo.seal("secrets/a.yaml", secretText, "--encrypted-regex", "^db$", "--use-file-selectors")
      edited(repo, "secrets/a.yaml", (text) => text.replace("^db$", `^db$|${"x".repeat(1000)}`))
    },
  },
  {
    name: "a large file, and one that nests as deep as it may",
    codes: [],
    make: async (repo) => {
      await repo.seal("secrets/a.json", `{"a":"canary-7f3a","deep": ${"[".repeat(150)}"x"${"]".repeat(150)}}`)
      await repo.seal("secrets/b.yaml", `a: canary-7f3a\n${"# x\n".repeat(1000)}b: ${"y".repeat(1_000_000)}\n`)
    },
  },
  {
    name: "a driver by another name that opens sealed files",
    codes: ["GIT_CACHETEXTCONV"],
    make: (repo) => {
      repo.git("config", "diff.sopsdiffer.textconv", "sops decrypt")
      repo.git("config", "diff.sopsdiffer.cachetextconv", "true")
    },
  },
]

describe("each code has a repository that shows it, and one that must not", () => {
  test.each(cases)("$name: $codes", async ({ rules, make, codes, args = [] }) => {
    const repo = checkedRepository(rules)
    await make(repo)
    repo.git("add", "--all", "--force")
    const { findings, status } = await repo.check(...args)
    const unused = codes.includes("RULE_UNUSED") ? [] : ["RULE_UNUSED"]
    const others = codes.some((code) => code.startsWith("RECIPIENT_")) ? [] : ["RECIPIENT_UNUSED"]
    expect(codesOf(findings).filter((code) => !unused.includes(code) && !others.includes(code))).toEqual(
      codes.toSorted(),
    )
    expect(status).toBe(findings.some(({ severity }) => severity === "error") ? 1 : 0)
  })
})

describe("sotto:allow", () => {
  test.each([
    ["in its line", `${identity} # sotto:allow`, ["warning"]],
    ["in front of it", `# sotto:allow ${identity}`, ["warning"]],
    ["in another line", `# sotto:allow\n${identity}`, ["error"]],
    ["misspelt", `${identity} # sotto: allow`, ["error"]],
    ["for one of two keys", `${identity} # sotto:allow\nt = "${githubToken}"`, ["warning", "error"]],
    ["for a key of a service", `t = "${githubToken}" // sotto:allow`, ["warning"]],
    ["for a block, in its first line", pem("RSA PRIVATE KEY").replace("-----\n", "----- sotto:allow\n"), ["warning"]],
    ["for a block, below it", `${pem("RSA PRIVATE KEY")}sotto:allow\n`, ["error"]],
  ])("%s", async (_, text, severities) => {
    const repo = checkedRepository()
    repo.write("notes.txt", `${text}\n`)
    repo.git("add", "--all")
    const { findings, status } = await repo.check()
    const keys = findings.filter(({ code }) => code === "PRIVATE_KEY")
    expect(keys.map(({ severity }) => severity)).toEqual(severities)
    expect(status).toBe(severities.includes("error") ? 1 : 0)
    expect((await repo.check("--strict")).status).toBe(1)
  })
})

test("docs/checking.md has a line on each code, and on no other", () => {
  const docs = readFileSync(new URL("../../docs/checking.md", import.meta.url), "utf8")
  const named = [...docs.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code!)
  expect(named.toSorted()).toEqual(Object.keys(checkCodes).toSorted())
})

test("docs/compatibility.md has a row for each target", () => {
  const docs = readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8")
  const cells = [...docs.matchAll(/^\| (`.*?)\s*\|/gm)].map(([, cell]) => cell!)
  const rows = new Set(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)))
  expect(targetNames.toSorted()).toEqual(Object.keys(targets).toSorted())
  expect(targetNames.filter((name) => !rows.has(name))).toEqual([])
})
