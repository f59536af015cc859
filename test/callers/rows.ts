import { type Order, recipient, secondRecipient } from "./bench.ts"

export interface Row extends Order {
  readonly tool: string
  /** 0 when it is left out; standard error has to be empty then. */
  readonly status?: number
  /** All of standard output, or what it has to match. Sealed text is opened first. */
  readonly stdout?: string | RegExp
  readonly stderr?: RegExp
  /** What files hold afterwards: sealed ones are opened. `null`: the file is not there. */
  readonly files?: Readonly<Record<string, string | RegExp | null>>
}

export const plain = "a: one\nb:\n    c: two\n    n: 5\nlist:\n    - x\n    - y\n"
export const plainJson = '{\n\t"key1": "value1",\n\t"n": 2\n}\n'
export const plainEnv = "A=one\nB=two words\nC=x\\ny\n"
export const plainIni = "[db]\npassword = hunter2\n"
export const binary = Buffer.from([1, 2, 3, 0, 255, 10, 16, 10])

const yamlTypes = ["--input-type", "yaml", "--output-type", "yaml"]
const jsonTypes = ["--input-type", "json", "--output-type", "json"]
const sealedMark = /ENC\[AES256_GCM,/

const helmSecrets: readonly Omit<Row, "tool">[] = [
  { argv: ["--encrypt", ...yamlTypes, "--in-place", "plain.yaml"], cwd: "rules", files: { "rules/plain.yaml": plain } },
  { argv: ["--encrypt", ...yamlTypes, "plain.yaml"], cwd: "rules", stdout: plain },
  {
    argv: ["--encrypt", ...yamlTypes, "--output", "out.yaml", "plain.yaml"],
    cwd: "rules",
    stdout: "",
    files: { "rules/out.yaml": plain, "rules/plain.yaml": plain },
  },
  { argv: ["--decrypt", ...yamlTypes, "--in-place", "s.yaml"], files: { "s.yaml": plain } },
  {
    argv: ["--decrypt", ...yamlTypes, "--output", "out", "s.yaml"],
    stdout: "",
    files: { out: plain, "s.yaml": sealedMark },
  },
  { argv: ["--decrypt", ...yamlTypes, "s.yaml"], stdout: plain },
  {
    argv: ["--decrypt", "--input-type", "binary", "--output-type", "binary", "s.bin"],
    stdout: binary.toString("latin1"),
  },
  { argv: ["--decrypt", ...jsonTypes, "/dev/stdin"], stdin: "<s.json", stdout: plainJson },
  { argv: [...yamlTypes, "s.yaml"], env: { EDITOR: "cp new.yaml" }, files: { "s.yaml": "a: changed\n" } },
  {
    argv: ["--verbose", "--output-type", '"yaml"', "--decrypt", ...yamlTypes, "s.yaml"],
    stdout: plain,
    stderr: /level=info msg="Data key recovered successfully"/,
  },
  { argv: ["--decrypt", ...yamlTypes, "crlf.yaml"], stdout: plain.replaceAll("\n", "\r\n") },
  { argv: ["--decrypt", ...yamlTypes, "dir $x (1) 'é' 😀/s.yaml"], stdout: plain },
  { argv: ["--decrypt", ...yamlTypes, "nothing.yaml"], status: 100, stdout: "", stderr: /non-existent file/ },
  {
    argv: [...yamlTypes, "new.yaml"],
    cwd: "norule",
    env: { EDITOR: "true" },
    status: 1,
    stdout: "",
    stderr: /no matching creation rules found/,
  },
  {
    argv: [...yamlTypes, "fresh.yaml"],
    env: { EDITOR: "true" },
    status: 1,
    stdout: "",
    stderr: /^config file not found, or has no creation rules, and no keys provided through command line options$/m,
  },
]

const communitySops: readonly Omit<Row, "tool">[] = [
  { argv: ["--version", "--disable-version-check"], stdout: /^sops 3\.\d+\.\d+\n$/ },
  { argv: ["filestatus", "s.yaml"], stdout: '{"encrypted":true}\n' },
  { argv: ["filestatus", "plain.yaml"], stdout: '{"encrypted":false}\n' },
  { argv: ["decrypt", "s.yaml"], stdout: plain },
  {
    argv: ["decrypt", "--enable-local-keyservice=false", "s.yaml"],
    status: 128,
    stdout: "",
    stderr: /Group 0: FAILED/,
  },
  {
    argv: ["--config", "/dev/null", "decrypt", ...yamlTypes, "--extract", "['b']['c']", "/dev/stdin"],
    stdin: "<s.yaml",
    stdout: "two",
  },
  { argv: ["--config", "/dev/null", "decrypt", "--aws-profile", "p", "--extract", '["a"]', "s.yaml"], stdout: "one" },
  {
    argv: [
      "encrypt",
      "--age",
      `${recipient},${secondRecipient}`,
      "--unencrypted-regex",
      "^key1$",
      ...jsonTypes,
      "/dev/stdin",
    ],
    stdin: plainJson,
    stdout: plainJson,
  },
  {
    argv: [
      "--config",
      "rules/.sops.yaml",
      "encrypt",
      "--input-type",
      "json",
      "--filename-override",
      "rules/x.json",
      "/dev/stdin",
    ],
    stdin: plainJson,
    stdout: plainJson,
  },
  {
    argv: ["encrypt", "--age", recipient, "--input-type", "binary", "--output-type", "json", "/dev/stdin"],
    stdin: "text",
    stdout: "text",
  },
  { argv: ["decrypt", "--input-type", "json", "--output-type", "yaml", "s.json"], stdout: 'key1: value1\n"n": 2\n' },
  {
    argv: ["decrypt", "--output-type", "json", "s.yaml"],
    stdout: /^{\n\t"a": "one",\n\t"b": {\n\t\t"c": "two",\n\t\t"n": 5\n\t},/,
  },
  { argv: ["decrypt", "s.bin"], stdout: binary.toString("latin1") },
  { argv: ["decrypt", "plain.yaml"], status: 1, stdout: "", stderr: /^sops metadata not found$/m },
  {
    argv: ["decrypt", "s.yaml"],
    env: { SOPS_AGE_KEY_FILE: "" },
    status: 128,
    stdout: "",
    stderr: /^Failed to get the data key/,
  },
  {
    argv: ["--encrypt", "--age", recipient, "--input-type", "yaml", "--output-type", "yaml", "/dev/stdin"],
    stdin: plain,
    stdout: plain,
  },
  {
    argv: ["--decrypt", "--input-type", "yaml", "--output-type", "yaml", "/dev/stdin"],
    stdin: "<s.yaml",
    stdout: plain,
  },
]

const mise: readonly Omit<Row, "tool">[] = [
  { argv: ["decrypt", ...jsonTypes], stdin: "<s.json", stdout: plainJson },
  { argv: ["decrypt", ...yamlTypes], stdin: "<s.yaml", stdout: plain },
  { argv: ["decrypt", ...yamlTypes], stdin: plain, status: 1, stdout: "", stderr: /sops metadata not found/ },
]

const codeEditors: readonly Omit<Row, "tool">[] = [
  // The text lies under a name without any ending, and the type may be one that sops does not know.
  { argv: ["--aws-profile", "p", "--config", "/dev/null", ...yamlTypes, "--decrypt", "d41d8cd98f"], stdout: plain },
  {
    argv: ["--ignore-mac", "--config", "/dev/null", ...yamlTypes, "--decrypt", "bad-mac.yaml"],
    stdout: /^a: one$/m,
  },
  {
    argv: ["--config", "/dev/null", "--output-type", "plaintext", "--input-type", "plaintext", "--decrypt", "s.bin"],
    stdout: binary.toString("latin1"),
  },
  {
    argv: ["--config", "/dev/null", ...yamlTypes, "d41d8cd98f"],
    env: { EDITOR: "./save", VSCODE_SOPS_DECRYPTED_FILE_PATH: "new.yaml" },
    files: { d41d8cd98f: "a: changed\n" },
  },
  {
    argv: ["--config", "/dev/null", "--config", "rules/.sops.yaml", ...yamlTypes, "--encrypt", "rules/plain.yaml"],
    stdout: plain,
  },
  {
    argv: ["--config", "/dev/null", "--config", "norule/.sops.yaml", ...yamlTypes, "--encrypt", "norule/plain.yaml"],
    status: 1,
    stdout: "",
    stderr: /no matching creation rules found/,
  },
  { argv: ["--in-place", "--encrypt", "plain.yaml"], cwd: "rules", files: { "rules/plain.yaml": plain } },
  // The plugin of JetBrains: bare names, blanks in the editor's path are escaped, and any word on stderr ends it.
  { argv: ["encrypt", "--in-place", "plain.yaml"], cwd: "rules", files: { "rules/plain.yaml": plain } },
  { argv: ["decrypt", "--in-place", "s.yaml"], files: { "s.yaml": plain } },
  {
    argv: ["s.yaml"],
    env: { EDITOR: "./with\\ blank/save-stdin" },
    stdin: "a: changed\n",
    stdout: "marker\n",
    files: { "s.yaml": "a: changed\n" },
  },
  { argv: ["s.yaml"], env: { EDITOR: "true" }, status: 200, stdout: "", stderr: /^File has not changed, exiting\.\n$/ },
  // Emacs
  { argv: ["filestatus", "--input-type", "dotenv", ".envrc"], stdout: '{"encrypted":true}\n' },
  { argv: ["decrypt", "--input-type", "dotenv", ".envrc"], stdout: plainEnv },
  { argv: ["encrypt", "--age", recipient, "--filename-override", "x.yaml", "/dev/stdin"], stdin: plain, stdout: plain },
  // Neovim: the type of the editor may be one that nobody knows.
  {
    argv: ["--decrypt", "--input-type", "yaml.helm-values", "--output-type", "yaml.helm-values", "s.yaml"],
    stdout: plain,
  },
  {
    argv: ["edit", "s.yaml"],
    env: { SOPS_EDITOR: "cp new.yaml", EDITOR: "false" },
    files: { "s.yaml": "a: changed\n" },
  },
]

const scripts: readonly Omit<Row, "tool">[] = [
  { argv: ["-d", "--output-type", "dotenv", "flat.yaml"], stdout: "a=one\nb=two words\n" },
  { argv: ["-d", "--output-type", "dotenv", "s.yaml"], status: 4, stdout: "", stderr: /./ },
  { argv: ["-d", "--output-type", "dotenv", "--extract", "['a']", "flat.yaml"], stdout: "one" },
  { argv: ["-d", "s.yaml"], stdout: plain },
  { argv: ["-d", "-i", "s.yaml"], stdout: "", files: { "s.yaml": plain } },
  { argv: ["--decrypt", "--in-place", "s.json"], files: { "s.json": plainJson } },
  { argv: ["-d", "--output-type", "json", "s.env"], stdout: /"C": "x\\ny"/ },
  {
    argv: ["-d", "--input-type", "dotenv", "--output-type", "dotenv", "--output", "o.env", "s.env"],
    files: { "o.env": plainEnv },
  },
  { argv: ["-d", "--extract", '["b"]["c"]', "s.yaml"], stdout: "two" },
  { argv: ["-d", "--extract", '["list"][1]', "s.yaml"], stdout: "y" },
  {
    argv: ["-d", "s.yaml", "--extract", '["a"]'],
    stdout: plain,
    stderr: /More than one positional argument.*\n.*looks like a flag/,
  },
  { argv: ["decrypt", "s.yaml", "--extract", '["a"]'], stdout: "one" },
  {
    argv: ["--input-type=yaml", "--output-type=yaml", "-i", "-r", "s.yaml"],
    cwd: "rules",
    files: { "rules/s.yaml": plain },
  },
  { argv: ["-r", "s.yaml"], stdout: plain },
  {
    argv: ["--encrypt", "--age", `${recipient},${secondRecipient}`, "--encrypted-regex", "^(a|c)$", "plain.yaml"],
    stdout: plain,
  },
  {
    argv: ["--encrypt", "--age", recipient, "--config", "/dev/null", "--output", "o.yaml", "plain.yaml"],
    files: { "o.yaml": plain },
  },
  { argv: ["--set", '["list"][0] false', "s.yaml"], stdout: "", files: { "s.yaml": plain.replace("- x", "- false") } },
  { argv: ["--set", '["a"] "v"', "-i", "s.yaml"], files: { "s.yaml": plain.replace("one", "v") } },
  { argv: ["set", "s.yaml", '["a"]', '"v"'], files: { "s.yaml": plain.replace("one", "v") } },
  { argv: ["set", "--value-stdin", "s.yaml", '["a"]'], stdin: '"v"', files: { "s.yaml": plain.replace("one", "v") } },
  { argv: ["unset", "s.yaml", '["list"]'], files: { "s.yaml": plain.replace(/list:[^]*$/, "") } },
  { argv: ["--rotate", "--in-place", "--add-age", secondRecipient, "s.yaml"], files: { "s.yaml": plain } },
  { argv: ["exec-env", "flat.yaml", 'echo "$a/$b"'], stdout: "one/two words\n" },
  { argv: ["exec-env", "flat.yaml", "exit 7"], status: 7, stdout: "", stderr: /^exit status 7\n$/ },
  { argv: ["exec-env", "flat.yaml"], status: 1, stdout: "", stderr: /missing file to decrypt/ },
  { argv: ["exec-file", "s.yaml", "cat {}"], stdout: plain },
  { argv: ["exec-file", "--no-fifo", "s.yaml", "cat {} {}"], stdout: plain + plain },
  { argv: ["updatekeys", "-y", "s.yaml"], cwd: "rules", stdout: "", stderr: /File .*s\.yaml already up to date\n$/ },
  {
    argv: ["updatekeys", "s.yaml"],
    cwd: "more",
    stdin: "y\n",
    stdout: /\+\+\+ age1.*Is this okay\? \(y\/n\):$/s,
    stderr: /synced with new keys\n$/,
  },
  { argv: ["filestatus", "s.json"], stdout: '{"encrypted":true}\n' },
  { argv: ["--version"], stdout: /^sops (3\.\d+\.\d+)\n$/ },
  { argv: ["-x"], status: 1, stdout: /^Incorrect Usage\. flag provided but not defined: -x\n/, stderr: /level=fatal/ },
  { argv: ["decrypt", "-i", "--output", "x", "s.yaml"], status: 8, stdout: "", stderr: /cannot operate on both/ },
  { argv: ["decrypt", "--extract", "bad", "s.yaml"], status: 91, stdout: "", stderr: /error parsing --extract path/ },
  { argv: ["decrypt", "bad-mac.yaml"], status: 51, stdout: "", stderr: /MAC mismatch/ },
  {
    argv: ["encrypt", "--age", recipient, "s.yaml"],
    status: 203,
    stdout: "",
    stderr: /contains a top-level entry called 'sops'/,
  },
  { argv: [], status: 100, stdout: "", stderr: /^Error: no file specified$/m },
]

const clan: readonly Omit<Row, "tool">[] = [
  { argv: ["--config", "json-config", "encrypt", "--in-place", "secret"], files: { secret: "a secret\n" } },
  { argv: ["decrypt", "s.bin"], stdout: binary.toString("latin1") },
  {
    argv: ["--config", "json-config", "updatekeys", "--yes", "s.bin"],
    stdout: /\+\+\+/,
    stderr: /synced with new keys/,
  },
  { argv: ["--config", "json-config", "s.bin"], env: { EDITOR: "cp secret" }, files: { "s.bin": "a secret\n" } },
  {
    argv: ["--config", "json-config", "decrypt", "--filename-override", "dummy.yaml"],
    stdin: "<s.yaml",
    stdout: plain,
  },
  { argv: ["--config", "json-config", "rotate", "--in-place", ...yamlTypes, "s.yaml"], files: { "s.yaml": plain } },
]

const named = (tool: string, rows: readonly Omit<Row, "tool">[]): Row[] => rows.map((row) => ({ tool, ...row }))

export const rows: readonly Row[] = [
  ...named("helm-secrets", helmSecrets),
  ...named("community.sops", communitySops),
  ...named("mise", mise),
  ...named("editors", codeEditors),
  ...named("direnv, git and scripts", scripts),
  ...named("Clan and sopsy", clan),
]
