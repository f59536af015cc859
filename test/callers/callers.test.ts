import { spawnSync } from "node:child_process"
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { Bench, mode, recipient, secondRecipient } from "./bench.ts"
import { binary, plain, plainEnv, plainIni, plainJson, type Row, rows } from "./rows.ts"

const bench = new Bench()
const age = ["--age", recipient]

beforeAll(async () => {
  const rule = (who: string): string => `creation_rules:\n  - age: ${who}\n`
  await bench.start({
    "plain.yaml": plain,
    "plain.json": plainJson,
    "plain.env": plainEnv,
    "plain.ini": plainIni,
    "plain.bin": binary,
    "flat-plain.yaml": "a: one\nb: two words\n",
    "new.yaml": "a: changed\n",
    secret: "a secret\n",
    "json-config": JSON.stringify({
      creation_rules: [{ key_groups: [{ age: [recipient, secondRecipient], pgp: [] }] }],
    }),
    "rules/.sops.yaml": rule(recipient),
    "rules/plain.yaml": plain,
    "more/.sops.yaml": rule(`${recipient},${secondRecipient}`),
    "norule/.sops.yaml": "creation_rules:\n  - path_regex: never\n    age: x\n",
    "norule/plain.yaml": plain,
    save: '#!/bin/sh\ncat "$VSCODE_SOPS_DECRYPTED_FILE_PATH" > "$1"\n',
    "with blank/save-stdin": '#!/bin/sh\necho marker\ncat > "$1"\n',
  })
  const template = join(bench.root, "template")
  for (const name of ["save", "with blank/save-stdin"]) chmodSync(join(template, name), 0o755)
  await bench.seal("s.yaml", ["encrypt", ...age, "plain.yaml"])
  await bench.seal("s.json", ["encrypt", ...age, "plain.json"])
  await bench.seal("s.env", ["encrypt", ...age, "plain.env"])
  await bench.seal("s.ini", ["encrypt", ...age, "plain.ini"])
  await bench.seal("s.bin", ["encrypt", ...age, "plain.bin"])
  await bench.seal("flat.yaml", ["encrypt", ...age, "flat-plain.yaml"])
  const sealed = readFileSync(join(template, "s.yaml"), "utf8")
  for (const name of ["d41d8cd98f", "rules/s.yaml", "more/s.yaml", "dir $x (1) 'é' 😀/s.yaml"]) {
    bench.write(template, name, sealed)
  }
  bench.write(template, ".envrc", readFileSync(join(template, "s.env")))
  bench.write(template, "crlf.yaml", sealed.replaceAll("\n", "\r\n"))
  bench.write(template, "bad-mac.yaml", sealed.replace(/^list:\n(?: {4}- .*\n)+/m, ""))
}, 60_000)

afterAll(() => {
  const left = readdirSync(join(bench.root, "tmp"))
  bench.stop()
  expect(left).toEqual([])
})

/** Sealed text is fresh each time, so it is compared by what it opens to. */
async function opened(folder: string, content: Buffer): Promise<string> {
  const text = content.toString("latin1")
  if (!text.includes("ENC[AES256_GCM,")) return text
  const json = /"data": "ENC/.test(text) ? "binary" : "json"
  const type = text.startsWith("{") ? json : /^sops_version=/m.test(text) ? "dotenv" : "yaml"
  const argv = ["decrypt", "--input-type", type, "--output-type", type]
  const { stdout, stderr } = await bench.run(folder, { argv, stdin: content })
  return stderr === "" ? stdout.toString("latin1") : stderr
}

function expectText(text: string, wanted: string | RegExp): void {
  if (typeof wanted === "string") expect(text).toBe(Buffer.from(wanted, "latin1").toString("latin1"))
  else expect(text).toMatch(wanted)
}

async function check(row: Row): Promise<void> {
  const folder = bench.folder()
  const { status = 0, stdout, stderr, files = {} } = row
  const stdin =
    typeof row.stdin === "string" && row.stdin.startsWith("<")
      ? readFileSync(join(folder, row.stdin.slice(1)))
      : row.stdin
  const ended = await bench.run(folder, { ...row, stdin })
  if (stderr === undefined) expect(ended.stderr).toBe("")
  else expect(ended.stderr).toMatch(stderr)
  expect(ended.status).toBe(status)
  if (stdout !== undefined) expectText(await opened(folder, ended.stdout), stdout)
  for (const [name, wanted] of Object.entries(files)) {
    const file = join(folder, name)
    if (wanted === null) {
      expect(existsSync(file)).toBe(false)
      continue
    }
    const content = readFileSync(file)
    const isSealedWanted = wanted instanceof RegExp && wanted.source.startsWith("ENC")
    expectText(isSealedWanted ? content.toString("latin1") : await opened(folder, content), wanted)
  }
}

for (const tool of new Set(rows.map((row) => row.tool))) {
  describe(tool, () => {
    const own = rows.filter((row) => row.tool === tool)
    const named = own.map((row) => ({ row, line: `${row.cwd ?? ""}$ sops ${row.argv.join(" ")}` }))
    test.concurrent.each(named)("$line", ({ row }) => check(row))
  })
}

describe("where the text comes from", () => {
  const types = "--input-type yaml --output-type yaml"
  const lines = [
    { name: "a pipe", line: `cat s.yaml | sops -d ${types} /dev/stdin`, stdout: plain },
    { name: "a pipe without a name", line: `cat s.yaml | sops decrypt ${types}`, stdout: plain },
    { name: "a file", line: `sops -d ${types} /dev/stdin < s.yaml`, stdout: plain },
    { name: "a descriptor", line: `sops -d ${types} /dev/fd/3 3< s.yaml`, stdout: plain },
    { name: "a process", line: `sops -d ${types} <(cat s.yaml)`, stdout: plain },
    { name: "a named pipe", line: `mkfifo p; cat s.yaml > p & sops -d ${types} p`, stdout: plain },
    { name: "a process, to be sealed", line: `sops -e ${age.join(" ")} <(printf x) | sops -d /dev/stdin`, stdout: "x" },
    { name: "nothing", line: `sops decrypt ${types} < /dev/null`, status: 1, stderr: /sops metadata not found/ },
    { name: "a closed standard input", line: "sops -d s.yaml <&-", stdout: plain },
    { name: "a reader that has enough", line: "sops -d s.yaml | head -c 1", stdout: "a" },
    { name: "a dash is a file", line: "sops decrypt - < s.yaml", status: 100, stderr: /non-existent file/ },
  ]
  test.each(lines)("$name: $line", ({ line, stdout = "", status = 0, stderr }) => {
    const ended = bench.shell(bench.folder(), line)
    if (stderr === undefined) expect(ended.stderr).toBe("")
    else expect(ended.stderr).toMatch(stderr)
    expect(ended.status).toBe(status)
    expect(ended.stdout.toString("utf8")).toBe(stdout)
  })
})

describe("editors", () => {
  test("the text lies in a folder of its own, under the name of the file, for this user alone", () => {
    const folder = bench.folder()
    const look = 'sh -c \'stat -c "%a %n" "$0" > seen; stat -c %a "$(dirname "$0")" >> seen\''
    expect(bench.shell(folder, "sops s.yaml", { EDITOR: look }).status).toBe(200)
    const [file = "", dir] = readFileSync(join(folder, "seen"), "utf8").trim().split("\n")
    expect(file).toMatch(/^600 .*\/s\.yaml$/)
    expect(file.slice(4)).toContain(join(bench.root, "tmp"))
    expect(dir).toBe("700")
  })

  test("what an editor only prints is no change", () => {
    const ended = bench.shell(bench.folder(), "sops s.yaml", { EDITOR: "cat" })
    expect(ended).toMatchObject({ status: 200, stderr: "File has not changed, exiting.\n" })
    expect(ended.stdout.toString()).toBe(plain)
  })

  test("an editor that fails leaves the file alone", () => {
    const folder = bench.folder()
    const before = readFileSync(join(folder, "s.yaml"))
    const ended = bench.shell(folder, "sops s.yaml", { EDITOR: "sh -c 'echo broken > \"$0\"; exit 1'" })
    expect(ended).toMatchObject({ status: 201, stderr: "Could not run editor: exit status 1\n" })
    expect(readFileSync(join(folder, "s.yaml"))).toEqual(before)
  })

  test("a text that cannot be saved is shown again after Enter, and is given up at the end of the input", () => {
    const folder = bench.folder()
    const twice = 'sh -c \'if [ -e again ]; then echo "a: fine" > "$0"; else touch again; echo "a: [" > "$0"; fi\''
    const ended = bench.shell(folder, "echo | sops s.yaml", { EDITOR: twice })
    expect(ended.status).toBe(0)
    expect(ended.stderr).toMatch(/^\[CMD\]\t time="[^"]+" level=error msg="Could not load tree.*Press enter to return/)
    expect(bench.shell(folder, "sops -d s.yaml").stdout.toString()).toBe("a: fine\n")
    const never = bench.shell(folder, "sops s.yaml < /dev/null", { EDITOR: 'sh -c \'echo "a: [" > "$0"\'' })
    expect(never.status).not.toBe(0)
  })

  test("a signal ends it with status 1, and nothing stays behind", () => {
    const folder = bench.folder()
    const line = "sops s.yaml & sleep 1.5; kill -TERM $!; wait $!"
    const ended = bench.shell(folder, line, { EDITOR: "sh -c 'sleep 3'" })
    expect(ended.stderr).toContain("User canceled operation")
    expect(ended.status).toBe(1)
    expect(readdirSync(join(bench.root, "tmp"))).toEqual([])
  })
})

describe("as a part of other programs", () => {
  test("dozens at once", async () => {
    const folder = bench.folder()
    const orders = Array.from({ length: 24 }, (_, index) =>
      index % 3 === 0
        ? { argv: ["encrypt", ...age, "plain.yaml"] }
        : { argv: ["decrypt", index % 3 === 1 ? "s.yaml" : "flat.yaml"] },
    )
    const ends = await Promise.all(orders.map((order) => bench.run(folder, order)))
    for (const [index, { status, stdout, stderr }] of ends.entries()) {
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
      if (index % 3 === 1) expect(stdout.toString()).toBe(plain)
    }
  })

  test.skipIf(spawnSync("git", ["--version"]).status !== 0)("git shows differences in the clear", () => {
    const folder = bench.folder()
    const lines = [
      "git init -q && git config diff.sops.textconv 'sops -d' && echo '*.yaml diff=sops' > .gitattributes",
      "git add s.yaml && git -c user.name=t -c user.email=t@example.invalid commit -qm x",
      `sops set s.yaml '["a"]' '"changed"' && git diff -- s.yaml`,
    ]
    const ended = bench.shell(folder, lines.join(" && "))
    expect(ended.stderr).toBe("")
    expect(ended.stdout.toString()).toMatch(/^-a: one\n\+a: changed$/m)
  })

  test("a failed call leaves no output file, and the mode of a sealed file stays", () => {
    const folder = bench.folder()
    expect(bench.shell(folder, "sops -d --output out.yaml bad-mac.yaml").status).toBe(51)
    expect(existsSync(join(folder, "out.yaml"))).toBe(false)
    chmodSync(join(folder, "s.yaml"), 0o640)
    expect(bench.shell(folder, `sops set s.yaml '["a"]' '"x"'`).status).toBe(0)
    expect(mode(join(folder, "s.yaml"))).toBe(0o640)
    expect(statSync(join(folder, "s.yaml")).isFile()).toBe(true)
  })
})

describe("helm-secrets tells the type by the text", () => {
  // What is sealed as YAML and has no line that is `sops:` is opened as JSON, with `binary` before that.
  const typed = "t=json; grep -q '\"data\": \"ENC' x.yaml && t=binary; grep -xq 'sops:\\s*' x.yaml && t=yaml"
  const types = "--input-type $t --output-type $t"
  test.each(["k: v\n", '{"k": "v", "n": [1]}\n', "{k: v, n: [1]}\n", '{\n  "k": "v"\n}\n'])("%j", (text) => {
    const folder = bench.folder()
    bench.write(folder, "x.yaml", text)
    const seal = `sops --encrypt ${age.join(" ")} --input-type yaml --output-type yaml --in-place x.yaml`
    const ended = bench.shell(
      folder,
      `${seal} && grep -q 'mac.*,type:str]' x.yaml; ${typed}; sops --decrypt ${types} x.yaml`,
    )
    expect(ended.stderr).toBe("")
    expect(ended.stdout.toString()).toBe(text)
  })
})

describe("a key service", () => {
  // The client holds no identity; the answers of the prompt come from standard input.
  const client = "env -u SOPS_AGE_KEY_FILE sops decrypt --enable-local-keyservice=false --keyservice unix://$PWD/k.sock"
  const wait = "for i in $(seq 100); do [ -S k.sock ] && break; sleep 0.1; done"
  const serve = (prompt: string): string => `sops keyservice --network unix --address k.sock ${prompt}`

  const lines = [
    { name: "lends its keys, and ends with status 0", serve: `${serve("")} & `, status: 0, stdout: plain },
    {
      name: "asks first",
      serve: `${serve("--prompt")} < <(echo y; sleep 9 2>/dev/null) > asked & `,
      status: 0,
      stdout: plain,
    },
    {
      name: "keeps them when it is told",
      serve: `${serve("--prompt")} < <(echo n; sleep 9 2>/dev/null) > asked & `,
      status: 128,
    },
  ]
  test.each(lines)("$name", ({ serve: start, status, stdout = "" }) => {
    const folder = bench.folder()
    const line = `${start} server=$!; ${wait}; ${client} s.yaml; status=$?; kill -TERM $server; wait $server; echo $? > ended; exit $status`
    const ended = bench.shell(folder, line)
    expect({ status: ended.status, stdout: ended.stdout.toString() }).toEqual({ status, stdout })
    if (status === 0) expect(ended.stderr).toBe("")
    expect(readFileSync(join(folder, "ended"), "utf8")).toBe("0\n")
    if (start.includes("--prompt")) {
      const asked = readFileSync(join(folder, "asked"), "utf8")
      expect(asked).toBe(`\nReceived decrypt request using ${recipient}. Respond to request? (y/n): `)
    }
  })
})

describe("what readers of the files look for", () => {
  const marks = [
    { file: "s.yaml", pattern: /^ {4}mac: ENC\[.*,type:str\]$/m },
    { file: "s.yaml", pattern: /^sops:$/m },
    { file: "s.yaml", pattern: /^ {4}lastmodified: "[\dTZ:-]+"$/m },
    { file: "s.yaml", pattern: /^ {4}version: 3\.\d+\.\d+$/m },
    { file: "s.json", pattern: /"mac": "ENC\[/ },
    { file: "s.bin", pattern: /"data": "ENC\[/ },
    { file: "s.env", pattern: /^sops_mac=ENC\[/m },
    { file: "s.ini", pattern: /^\[sops\]$/m },
    { file: "s.ini", pattern: /^mac +(?:= )ENC\[/m },
  ]
  test.each(marks)("$file: $pattern", ({ file, pattern }) => {
    expect(readFileSync(join(bench.root, "template", file), "utf8")).toMatch(pattern)
  })
})
