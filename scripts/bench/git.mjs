// What git calls, in repositories: section "Git" of the table. Peers are bare Node, sops, git itself or a cold `decrypt`.
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { yaml } from "./inputs.mjs"

const program = fileURLToPath(new URL("../../dist/main.cjs", import.meta.url))
const who = ["-c", "user.name=bench", "-c", "user.email=bench@example.invalid", "-c", "init.defaultBranch=main"]
const words = (command) => command.map((word) => `'${word}'`).join(" ")

/** A repository with one rule; `seal` and `git` work in it. */
function repository({ root, recipient, seal }, name) {
  const top = join(root, name)
  const git = (...args) => {
    const { status, stderr } = spawnSync("git", [...who, ...args], { cwd: top })
    if (status !== 0) throw new Error(String(stderr))
  }
  mkdirSync(join(top, "secrets"), { recursive: true })
  git("init", "--quiet", ".")
  const rule = `rules:\n  - path: secrets/**\n    recipients: me\n`
  writeFileSync(join(top, ".sopsrc"), `version: 1\nrecipients:\n  me: ${recipient}\n${rule}`)
  writeFileSync(join(top, ".gitattributes"), "secrets/** diff=sotto merge=sotto -text\n")
  const commit = (message) => {
    git("add", "--all")
    git("commit", "--quiet", "--message", message)
  }
  const change = (file, key, value) => seal(["set", "--string", join(top, file), key, value])
  const sealAll = (count) => {
    const names = Array.from({ length: count }, (_, index) => join(top, `secrets/${index}.yaml`))
    for (const [seed, file] of names.entries()) writeFileSync(file, yaml(20, { seed }))
    seal(["encrypt", "-i", "--age", recipient, ...names])
  }
  return { top, git, commit, change, sealAll }
}

/** The n-th key of a document by `yaml`, as `set` takes it. */
function keysOf(text) {
  const found = []
  let section = ""
  for (const line of text.split("\n")) {
    const [, blanks = "", key = "", rest = ""] = /^( *)([\w-]+):(.*)$/.exec(line) ?? []
    if (key === "") continue
    if (blanks === "" && rest.trim() === "") section = key
    else found.push(blanks === "" ? key : `${section}.${key}`)
  }
  return found
}

/** @returns rows, as those of cases.mjs; `around` wraps our command, or that of a peer, into one of git */
export function gitCases(place) {
  return [...history(place), ...merges(place), ...checks(place), ...diffs(place)]
}

function history(place) {
  const commits = place.isQuick ? 20 : 200
  const { top, commit, change, sealAll } = repository(place, "history")
  sealAll(1)
  commit("first")
  const [key] = keysOf(yaml(20))
  for (let index = 1; index < commits; index++) {
    change("secrets/0.yaml", key, `value ${index}`)
    commit(`change ${index}`)
  }
  const around = (options) => (command, isPeer) => {
    const line = isPeer ? words(command) : `${words(command)} textconv ${options}--`
    return ["git", "--no-pager", "-c", `diff.sotto.textconv=${line}`, "log", "-p", "--format=%h"]
  }
  const row = { cwd: top, isLarge: true, sops: () => ["decrypt"] }
  return [
    {
      ...row,
      name: `git log -p, ${commits} commits`,
      around: around(""),
      toNode: { 20: 1.5, later: 1.5 },
      binaryToSops: 0.75,
    },
    {
      ...row,
      name: `git log -p, ${commits} commits, redacted`,
      around: around("--redacted "),
      toNode: { 20: 1.2, later: 1.2 },
      instead: null,
    },
  ]
}

function merges(place) {
  const { root, recipient, seal, isQuick } = place
  /** Three versions with ten changes a side. */
  const versions = (name, text, changes) => {
    const top = join(root, name)
    mkdirSync(top)
    const sides = { base: text, ours: changes("ours", 0), theirs: changes("theirs", 1) }
    writeFileSync(join(top, "x.yaml"), text)
    seal(["encrypt", "-i", "--age", recipient, join(top, "x.yaml")])
    copyFileSync(join(top, "x.yaml"), join(top, "base.yaml"))
    for (const side of ["ours", "theirs"]) {
      writeFileSync(join(top, "new.yaml"), sides[side])
      copyFileSync(join(top, "base.yaml"), join(top, `${side}.yaml`))
      seal(["encrypt", join(top, "new.yaml"), "--input-type", "yaml", "--output", join(top, `${side}.yaml`)])
    }
    copyFileSync(join(top, "ours.yaml"), join(top, "kept.yaml"))
    return {
      cwd: top,
      before: () => copyFileSync(join(top, "kept.yaml"), join(top, "ours.yaml")),
      sotto: () => ["merge-driver", "--", "base.yaml", "ours.yaml", "theirs.yaml", "7", "x.yaml"],
    }
  }
  const flat =
    (count, blank = false) =>
    (side, offset) =>
      Array.from({ length: count }, (_, at) => {
        const isChanged = side !== "" && at % Math.floor(count / 10) === 2 + offset * 5
        return `key${at}: value ${at}${isChanged ? ` of ${side}` : ""}\n${blank ? "\n" : ""}`
      }).join("")
  const of = (name, count, blank) => {
    const text = flat(count, blank)
    return versions(name, text("", 0), text)
  }
  const byHand = `for side in base ours theirs; do "$0" decrypt $side.yaml > $side.plain || exit 1; done
git merge-file ours.plain base.plain theirs.plain && EDITOR="cp ours.plain" "$0" edit ours.yaml`
  const decrypts = `for side in base ours theirs; do '${process.execPath}' '${program}' decrypt $side.yaml > $side.plain || exit 1; done
'${process.execPath}' '${program}' encrypt --age ${recipient} --input-type yaml ours.plain`
  return [
    {
      ...of("merge-1000", 1000),
      name: "merge of 1000 values, 10 changes a side",
      loop: ["sh", "-c", byHand],
      toSops: 0.45,
      binaryToSops: 0.25,
      isSlow: true,
    },
    {
      ...of("merge-20", 20),
      name: "merge of 20 values, beside one cold decrypt",
      instead: [process.execPath, program, "decrypt", "base.yaml"],
      toSops: 1.6,
    },
    {
      ...of("merge-lines", isQuick ? 2500 : 25_000, true),
      name: `merge of ${isQuick ? "5,000" : "50,000"} lines, half of them blank, beside 3 x decrypt and encrypt`,
      instead: ["sh", "-c", decrypts],
      toSops: 1.3,
      isLarge: true,
    },
    manyInOneMerge(place),
  ]
}

function manyInOneMerge(place) {
  const { top, git, commit, change, sealAll } = repository(place, "merges")
  const files = Array.from({ length: 20 }, (_, index) => `secrets/${index}.yaml`)
  sealAll(files.length)
  commit("base")
  const keyOf = (index, at) => keysOf(yaml(20, { seed: index })).at(at)
  git("checkout", "--quiet", "-b", "topic")
  for (const [index, file] of files.entries()) change(file, keyOf(index, 2), "theirs")
  commit("theirs")
  git("checkout", "--quiet", "main")
  for (const [index, file] of files.entries()) change(file, keyOf(index, -2), "ours")
  commit("ours")
  const decrypts = `for file in ${files.join(" ")}; do '${process.execPath}' '${program}' decrypt $file > plain || exit 1; done`
  return {
    name: "git merge, 20 files of 20 values, beside 20 cold decrypts",
    cwd: top,
    before: () => git("reset", "--quiet", "--hard", "main"),
    around: (command) => {
      const line = `${words(command)} merge-driver -- %O %A %B %L %P %S %X %Y`
      return ["git", ...who, "-c", `merge.sotto.driver=${line}`, "merge", "--quiet", "--no-commit", "topic"]
    },
    instead: ["sh", "-c", decrypts],
    toSops: 1.6,
    isLarge: true,
  }
}

/** `check` in repositories: 20 staged files beside bare Node, ten thousand tracked ones beside one `git grep`. */
function checks(place) {
  const { isQuick } = place
  const withOthers = (name, sealed, others) => {
    const { top, git, commit, sealAll } = repository(place, name)
    for (let index = 0; index < others; index++) {
      mkdirSync(join(top, `src/${index % 100}`), { recursive: true })
      writeFileSync(join(top, `src/${index % 100}/${index}.ts`), `export const value${index} = ${index}\n`.repeat(40))
    }
    commit("before")
    if (sealed > 0) sealAll(sealed)
    else writeFileSync(join(top, "README.md"), "# nothing of ours\n")
    git("add", "--all")
    return top
  }
  const staged = { name: "check --staged, 20 files", args: ["check", "--staged"], cwd: withOthers("staged", 20, 1) }
  const tracked = withOthers("tracked", 200, isQuick ? 1_000 : 9_800)
  const idle = idleHook(withOthers("idle", 0, 1), place)
  const grep = ["git", "grep", "--cached", "-l", "-e", String.raw`ENC\[`, "-e", "KEY"]
  const hasGitleaks = spawnSync("gitleaks", ["version"]).status === 0
  const gitleaks = ["gitleaks", "protect", "--staged", "--no-banner", "--exit-code", "0"]
  return [
    { ...staged, instead: null, toNode: { 20: 1.5, later: 1.5 } },
    ...(hasGitleaks ? [{ ...staged, name: `${staged.name}, beside gitleaks`, instead: gitleaks, toSops: 3 }] : []),
    {
      name: "the hook before a commit, nothing of ours staged",
      ...idle,
      instead: null,
      toNode: { 20: 1.2, later: 1.2 },
    },
    {
      name: `check of ${isQuick ? 1_200 : 10_000} tracked files, 200 sealed, beside git grep`,
      args: ["check"],
      cwd: tracked,
      instead: grep,
      toSops: 4,
      isSlow: true,
    },
  ]
}

/** The hook that `git install` writes, as git runs it: on a file that was there before, with a program by that name. */
function idleHook(top, { root, seal }) {
  const git = (...args) => spawnSync("git", [...who, ...args], { cwd: top })
  git("commit", "--quiet", "--no-verify", "--message", "all")
  seal(["git", "install", "--program", "/usr/bin/env"], top)
  writeFileSync(join(top, "README.md"), "# nothing of ours, again\n")
  git("add", "README.md")
  const hook = readFileSync(join(top, ".git/hooks/pre-commit"), "utf8").replaceAll("/usr/bin/env", "sotto")
  return {
    cwd: top,
    around: (command, isPeer) => {
      if (isPeer) return command
      const folder = join(root, `program-${words(command).replaceAll(/\W/g, "")}`)
      mkdirSync(folder, { recursive: true })
      if (!existsSync(join(folder, "sotto")))
        writeFileSync(join(folder, "sotto"), `#!/bin/sh\nexec ${words(command)} "$@"\n`, { mode: 0o755 })
      return ["env", `PATH=${folder}:${process.env.PATH}`, "sh", "-c", hook]
    },
  }
}

function diffs(place) {
  const count = place.isQuick ? 20 : 100
  const part = 10
  const { top, commit, change, sealAll } = repository(place, "diffs")
  sealAll(count)
  commit("before")
  for (let index = 0; index < count; index++) {
    change(`secrets/${index}.yaml`, keysOf(yaml(20, { seed: index })).at(3), "changed")
  }
  commit("after")
  const names = Array.from({ length: part }, (_, index) => `secrets/${index}.yaml`).join(" ")
  return [
    {
      name: `diff of ${count} sealed files, beside ${2 * count} times sops decrypt`,
      args: ["diff", "HEAD~1..HEAD"],
      cwd: top,
      loop: ["sh", "-c", `for file in ${names}; do "$0" decrypt "$file" > plain || exit 1; done`],
      loopPart: (2 * count) / part,
      toSops: 0.05,
      isSlow: true,
    },
  ]
}
