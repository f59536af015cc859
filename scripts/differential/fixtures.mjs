// The files that every case begins with. What is sealed was sealed by the real sops of the run, or by the program under
// test where the name begins with `ours`.
import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const plain = {
  "plain.yaml": `# head
db:
  password: hunter2   # behind
  # second
  port: 5432
  ratio: 0.5
  big: 12345678901
  on: true
  nothing: null
  empty: ""
users:
  - name: anna
    age: 30
  - name: ben
list: [1, two, 3.0]
when: 2001-12-14
text: |
  line one
  line two
plain_unencrypted: clear
`,
  "flat.yaml": "a: one\nb: 2\nc: true\nd: 1.5\ne: null\nf: 1e21\nX_Y: z\n",
  "ambiguous.yaml": '"a:b": 1\na: {b: 2}\n',
  "behind.json": '{"a": 1} text\n',
  "latin1.json": Buffer.from('{"a": "\u00e9"}\n', "latin1"),
  "alias-key.yaml": "p: &p x\n*p : y\n",
  "binary.yaml": Buffer.from([0, 1, 2, 255, 10]),
  "merges.yaml":
    "a: &a {x: 1, l: [1, 2]}\nb: &b\n  <<: *a\n  y: two\nm:\n  <<: *b\n  z: 3\nn: {<<: [*a, *b], x: own}\ncopy: *b\n",
  "anchors.yaml": "one: &x first\ncopy: *x\nm: {b: *x}\n",
  "typed.yaml": "key1: value1\nkey2:\n- v1\n- v2\n",
  "typed.json": '{"key1": "value1", "key2": ["v1", "v2"]}\n',
  "typed.env": "A=1\nB=two\n",
  "typed.ini": "[s]\na = 1\n",
  "null-document.yaml": "a: 1\n---\nnull\n---\n~\n---\nb: 2\n",
  "null.yaml": "null\n",
  "multi.yaml": "a: 1\n---\nb: two\n---\nc: [x]\n",
  "plain.json": `{
  "db": {"password": "hunter2", "port": 5432, "ratio": 0.5, "big": 12345678901, "on": true, "nothing": null},
  "users": [{"name": "anna"}, {"name": "ben"}],
  "html": "<a>&b",
  "plain_unencrypted": "clear"
}
`,
  "plain.env": '# comment\nA=one\nB="two"\nC=three four\nD=x\\ny\nE=\nPLAIN_unencrypted=clear\n',
  "plain.ini": "; top\n[db]\npassword = hunter2\nport = 5432\n\n[web]\n; note\nname = x\n",
  "plain.bin": "bytes\u0000\u0001\nand more",
  "plain.txt": "just text\n",
  "list.yaml": "- a\n- b\n",
  "scalar.yaml": "just text\n",
  "list.json": "[1, 2]\n",
  "empty.yaml": "",
  "empty.json": "",
  "empty.env": "",
  "comment.yaml": "# nothing else\n",
  "broken.yaml": "a: [1\nb: {\n",
  "broken.json": '{"a": 1',
  "broken.env": "no equals sign\n",
  "broken.ini": "[x\na=1\n",
  "twice.yaml": "a: 1\na: 2\n",
  "twice.env": "A=1\nA=2\n",
  "colon.yaml": 'a:\n  b: 1\n"a:c": 2\n',
  "alias.yaml": "a: &x one\nb: *x\n",
  "holds-sops.yaml": "a: 1\nsops: mine\n",
  "holds-sops.env": "A=1\nsops_version=3\n",
  "int-key.yaml": "ports: {8080: web}\n",
  "list-key.yaml": "[a]: b\n",
  "long-int.yaml": "a: 18446744073709551615\n",
  "indent.yaml": "a:\n      b:\n            - c\n",
  "crlf.yaml": "a: 1\r\nb: two\r\n",
  "blocks.yaml": 'l: [" a\\nb"]\n',
  "breaks.yaml": 'l: ["\\n", x]\nk: " a\\nb"\n',
  "bom.yaml": "\ufeffa: 1\n",
  "value.json": '"from a file"',
  "value.txt": "not json",
  "new-text.yaml": "a: changed\nb: 3\n",
  "new-text.json": '{"a": "changed"}\n',
  "new-text.env": "A=changed\n",
}

const configs = {
  "rules/.sops.yaml": `creation_rules:
  - path_regex: \\.clear\\.yaml$
    encrypted_regex: ^(password|name)$
    age: $A
  - path_regex: suffix
    unencrypted_suffix: _plain
    age: $A
  - path_regex: groups
    shamir_threshold: 2
    key_groups:
      - age: [$A]
      - age: [$B]
  - path_regex: nobody
  - path_regex: \\.(yaml|json|env|ini|txt|bin)$
    age: >-
      $A,
      $B
`,
  "norule/.sops.yaml": `creation_rules:\n  - path_regex: never-matches\n    age: $A\n`,
  "stores/.sops.yaml": `creation_rules:\n  - age: $A\nstores:\n  yaml: {indent: 2}\n  json: {indent: 2}\n  json_binary: {indent: 1}\n`,
  "noyaml/.sops.yml": `creation_rules:\n  - age: $A\n`,
  "badconfig/.sops.yaml": "creation_rules: [\n",
  "badregex/.sops.yaml": "creation_rules:\n  - path_regex: '('\n    age: $A\n",
  "twoselectors/.sops.yaml": "creation_rules:\n  - age: $A\n    encrypted_regex: a\n    unencrypted_suffix: _x\n",
  "other/.sops.yaml": "creation_rules:\n  - age: $B\n",
  "macmode/.sops.yaml": "creation_rules:\n  - age: $A\n    encrypted_regex: ^password$\n    mac_only_encrypted: true\n",
}

export function makeTemplate(root, folder, { sops, ours }) {
  const keys = join(root, "fixtures/keys")
  const env = { PATH: process.env.PATH, HOME: join(folder, "home"), SOPS_AGE_KEY_FILE: join(folder, "key.txt") }
  mkdirSync(join(folder, "home/.gnupg"), { recursive: true, mode: 0o700 })
  copyFileSync(join(keys, "age-a.txt"), join(folder, "key.txt"))
  copyFileSync(join(keys, "age-ab.txt"), join(folder, "both-keys.txt"))
  copyFileSync(join(keys, "age-stranger.txt"), join(folder, "stranger.txt"))
  const recipient = (name) => /age1[a-z0-9]+/.exec(readFileSync(join(keys, `age-${name}.txt`), "utf8"))[0]
  const [a, b] = [recipient("a"), recipient("b")]
  for (const [name, text] of Object.entries(plain)) writeFileSync(join(folder, name), text)
  for (const [name, text] of Object.entries(configs)) {
    const place = join(folder, name, "..")
    mkdirSync(place, { recursive: true })
    writeFileSync(join(folder, name), text.replaceAll("$A", a).replaceAll("$B", b))
    for (const file of ["plain.yaml", "plain.json", "plain.env", "plain.txt"])
      copyFileSync(join(folder, file), join(place, file))
  }
  writeFileSync(
    join(folder, "json-config"),
    JSON.stringify({ creation_rules: [{ key_groups: [{ age: [a], pgp: [] }] }] }),
  )

  const run = (program, args, input) => {
    const { status, stdout, stderr } = spawnSync(program[0], [...program.slice(1), ...args], {
      cwd: folder,
      env,
      input,
    })
    if (status !== 0) throw new Error(`${args.join(" ")} failed: ${String(stderr)}`)
    return stdout
  }
  const seal = (name, from, ...args) => writeFileSync(join(folder, name), run(sops, ["encrypt", ...args, from]))
  const kinds = ["yaml", "json", "env", "ini", "bin", "txt"]
  for (const kind of kinds) seal(`sealed.${kind}`, `plain.${kind}`, "--age", a)
  for (const kind of ["yaml", "json", "env", "ini", "txt"]) {
    writeFileSync(join(folder, `ours.${kind}`), run(ours, ["encrypt", "--age", a, `plain.${kind}`]))
  }
  for (const name of ["anchors.yaml", "merges.yaml"]) {
    writeFileSync(join(folder, `ours-${name}`), run(ours, ["encrypt", "--age", a, name]))
    seal(`sealed-${name}`, name, "--age", a)
  }
  // Under names that say nothing all of them become JSON.
  for (const [type, kind] of [
    ["yaml", "yaml"],
    ["json", "json"],
    ["dotenv", "env"],
    ["ini", "ini"],
  ]) {
    const args = ["encrypt", "--age", a, "--filename-override", "untold", "--input-type", type, `typed.${kind}`]
    writeFileSync(join(folder, `ours-${type}`), run(ours, args))
    writeFileSync(join(folder, `stock-${type}`), run(sops, args))
  }
  seal("sealed-flat.yaml", "flat.yaml", "--age", a)
  seal("sealed-multi.yaml", "multi.yaml", "--age", a)
  seal("sealed-nulls.yaml", "null-document.yaml", "--age", a)
  seal("sealed-blocks.yaml", "blocks.yaml", "--age", a)
  seal("sealed-breaks.yaml", "breaks.yaml", "--age", a)
  seal("sealed-both.yaml", "plain.yaml", "--age", `${a},${b}`)
  seal("sealed-stranger.yaml", "plain.yaml", "--age", b)
  seal("sealed-regex.yaml", "plain.yaml", "--age", a, "--encrypted-regex", "^(password|name)$")
  seal("sealed-twice.env", "twice.env", "--age", a)
  for (const kind of ["yaml", "json", "env", "ini"]) seal(`rules/sealed.${kind}`, `plain.${kind}`, "--age", a)
  seal("norule/sealed.yaml", "plain.yaml", "--age", a)
  seal("other/sealed.yaml", "plain.yaml", "--age", a)
  seal("badconfig/sealed.yaml", "plain.yaml", "--age", a)
  seal("stores/sealed.yaml", "plain.yaml", "--age", a)
  seal("stores/sealed.json", "plain.json", "--age", a)
  writeFileSync(join(folder, "rules/groups.yaml"), readFileSync(join(folder, "flat.yaml")))
  writeFileSync(
    join(folder, "rules/sealed-groups.yaml"),
    inFolder(run, folder, "rules", ["encrypt", "groups.yaml"], sops, env),
  )
  const sealed = readFileSync(join(folder, "sealed.yaml"), "utf8")
  writeFileSync(join(folder, "bad-mac.yaml"), sealed.replace("plain_unencrypted: clear", "plain_unencrypted: other"))
  writeFileSync(join(folder, "no-mac.yaml"), sealed.replace(/^ {4}mac: .*\n/m, ""))
  writeFileSync(join(folder, "bad-token.yaml"), sealed.replace(/(password: ENC\[AES256_GCM,data:)..../, "$1AAAA"))
  writeFileSync(join(folder, "bad-version.yaml"), sealed.replace(/^( {4}version: ).*$/m, "$1x.y"))
  writeFileSync(join(folder, "no-version.yaml"), sealed.replace(/^ {4}version: .*\n/m, ""))
  writeFileSync(join(folder, "no-keys.yaml"), sealed.replace(/ {4}age:\n(?: {8}.*\n)+/, ""))
  writeFileSync(join(folder, "bad-date.yaml"), sealed.replace(/(lastmodified: ").*"/, '$1yesterday"'))
  writeFileSync(join(folder, "bare-date.yaml"), sealed.replace(/(lastmodified: )"(.*)"/, "$1$2"))
  writeFileSync(join(folder, "bom-sealed.yaml"), `\uFEFF${sealed}`)
  writeFileSync(join(folder, "bom-sealed.json"), `\uFEFF${readFileSync(join(folder, "sealed.json"), "utf8")}`)
  writeFileSync(join(folder, "bom-sealed.txt"), `\uFEFF${readFileSync(join(folder, "sealed.txt"), "utf8")}`)
  writeFileSync(join(folder, "behind-token.yaml"), sealed.replace(/(password: ENC\[.*\])/, "$1 more"))
  for (const suffix of ["yaml", "json", "env", "ini", "png"]) {
    writeFileSync(join(folder, `bytes.${suffix}`), Buffer.from("A=\u00e9\n", "latin1"))
    writeFileSync(join(folder, `big-end.${suffix}`), Buffer.from("\uFEFFA=1\nB=2\n", "utf16le").swap16())
  }
  writeFileSync(join(folder, "crlf-sealed.yaml"), sealed.replaceAll("\n", "\r\n"))
  copyFileSync(join(folder, "sealed.json"), join(folder, "secret"))
  copyFileSync(join(folder, "sealed.yaml"), join(folder, "sealed.yaml.gotpl"))
  copyFileSync(join(folder, "sealed.env"), join(folder, ".envrc"))
  copyFileSync(join(folder, "sealed.yaml"), join(folder, "with blank & 'quote' (1) äö😀.yaml"))
  copyFileSync(join(folder, "sealed.yaml"), join(folder, "group"))
  copyFileSync(join(folder, "sealed.yaml"), join(folder, "unreadable.yaml"))
  copyFileSync(join(folder, "sealed.yaml"), join(folder, "private.yaml"))
  chmodSync(join(folder, "private.yaml"), 0o600)
  copyFileSync(join(folder, "sealed.yaml"), join(folder, "shared.yaml"))
  chmodSync(join(folder, "shared.yaml"), 0o664)
  copyFileSync(join(folder, "plain.yaml"), join(folder, "shared-plain.yaml"))
  chmodSync(join(folder, "shared-plain.yaml"), 0o664)
  mkdirSync(join(folder, "folder"))
  symlinkSync("sealed.yaml", join(folder, "link.yaml"))
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), 0o755)
  }
  const golden = join(root, "fixtures/golden")
  return { a, b, golden, plain: readdirSync(join(golden, "plain")), sealed: readdirSync(join(golden, "sealed/3.13.2")) }
}

function inFolder(_run, folder, inner, args, sops, env) {
  const { status, stdout, stderr } = spawnSync(sops[0], [...sops.slice(1), ...args], { cwd: join(folder, inner), env })
  if (status !== 0) throw new Error(`${args.join(" ")} failed: ${String(stderr)}`)
  return stdout
}

const scripts = {
  "editor-append": '#!/bin/sh\nprintf "added: value\\n" >> "$1"\n',
  "editor-append-env": '#!/bin/sh\nprintf "ADDED=value\\n" >> "$1"\n',
  "editor-json": '#!/bin/sh\nprintf \'{"a": "changed"}\' > "$1"\n',
  "editor-break":
    '#!/bin/sh\nif [ -e "$HOME/broken" ]; then printf "a: fine\\n" > "$1"; else touch "$HOME/broken"; printf "a: [\\n" > "$1"; fi\n',
  "editor-reserved":
    '#!/bin/sh\nif [ -e "$HOME/broken" ]; then printf "a: fine\\n" > "$1"; else touch "$HOME/broken"; printf "sops: x\\n" > "$1"; fi\n',
  "editor-empty":
    '#!/bin/sh\nif [ -e "$HOME/broken" ]; then printf "a: fine\\n" > "$1"; else touch "$HOME/broken"; : > "$1"; fi\n',
  "editor-name":
    '#!/bin/sh\nbasename "$1" >&3 2>/dev/null; stat -c "%a" "$1" > "$HOME/mode"; basename "$1" > "$HOME/name"\n',
  "editor-stdin": '#!/bin/sh\necho marker\ncat > "$1"\n',
  "editor-remove": '#!/bin/sh\nrm "$1"\n',
}
