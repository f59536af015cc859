import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { runAsSops } from "../../src/cli/sops/run.ts"
import { type FormatName } from "../../src/core/format.ts"
import { type Item } from "../../src/core/site.ts"
import { loadFormat } from "../../src/formats/registry.ts"
import { canary, leaks } from "../canary.ts"
import { call, type Ended, ioFor, type Machine } from "../machine.ts"
import { root } from "../sources.ts"
import { type OddDocument } from "./odd-documents.ts"

const recipient = /age1[a-z0-9]+/.exec(readFileSync(join(root, "fixtures/keys/age-a.txt"), "utf8"))![0]
const otherRecipient = /age1[a-z0-9]+/.exec(readFileSync(join(root, "fixtures/keys/age-b.txt"), "utf8"))![0]
const config = `version: 1
recipients:
  anna: ${recipient}
  carl: ${otherRecipient}
rules:
  - path: "*.*"
    recipients: [anna, carl]
`
const destinations = `destination_rules:\n  - path_regex: .*\n    omit_extensions: true\n    s3_bucket: b\ncreation_rules:\n  - age: ${recipient}\n`
const formats: Readonly<Record<OddDocument["suffix"], FormatName>> = {
  ".yaml": "yaml",
  ".json": "json",
  ".env": "dotenv",
  ".ini": "ini",
}

/** One call: what it says must never hold the canary. */
interface Way {
  readonly face: "sotto" | "sops"
  readonly args: readonly string[]
  /** What the command is there to print. */
  readonly prints?: true
  /** In a repository with a config. */
  readonly inRepository?: true
}

/** Everything that reads a plain file. */
const plainCommands: readonly (readonly string[])[] = [
  ["encrypt", "FILE"],
  ["encrypt", "--output-type", "json", "FILE"],
  ["encrypt", "--output-type", "yaml", "FILE"],
  ["encrypt", "--output-type", "dotenv", "FILE"],
  ["encrypt", "--output-type", "ini", "FILE"],
  ["encrypt", "--encrypted-regex", "^(a|p|password)$", "FILE"],
  ["encrypt", "--unencrypted-regex", "^(q|x)$", "--mac-only-encrypted", "FILE"],
  ["encrypt", "--encrypted-suffix", "d", "-i", "FILE"],
]

/** Everything that reads a sealed file, with what stands for its arguments. */
const sealedCommands: readonly (readonly string[])[] = [
  ["decrypt", "FILE"],
  ["decrypt", "--output-type", "dotenv", "FILE"],
  ["decrypt", "--output-type", "ini", "FILE"],
  ["decrypt", "--extract", '["a"]["b"][0]', "FILE"],
  ["decrypt", "--ignore-mac", "FILE"],
  ["exec-env", "FILE", "true"],
  ["exec-file", "FILE", "true"],
  ["set", "FILE", '["q"]["new"]', '"v"'],
  ["set", "FILE", '["a"][0]', '"v"'],
  ["unset", "FILE", '["p"]'],
  ["rotate", "-i", "FILE"],
  ["updatekeys", "--yes", "FILE"],
  ["filestatus", "FILE"],
  ["edit", "FILE"],
]

const onlySotto: readonly (readonly string[])[] = [
  ["get", "FILE", "p.q"],
  ["run", "-f", "FILE", "--", "true"],
  ["run", "--flatten", "__", "-f", "FILE", "--", "true"],
  ["keys", "FILE"],
  ["who", "FILE"],
  ["sync", "--check", "FILE"],
  ["encrypt", "--container", "FILE"],
]

/**
 * What lives with a config, a repository or other versions of the file: `COPY` is the file once more, `OTHER` the
 * document in the clear.
 */
const inRepository: readonly (readonly string[])[] = [
  ["grant", "--yes", "dora", otherRecipient],
  ["revoke", "--yes", "carl"],
  ["groups", "add", "-f", "FILE", "--age", otherRecipient],
  ["groups", "delete", "-f", "FILE", "0"],
  ["sync", "--yes", "."],
  ["check", "."],
  ["check", "FILE"],
  ["check", "--target", "sops-3.8", "FILE"],
  ["check", "--format", "sarif", "."],
  ["check", "--verify", "FILE"],
  ["diff", "--no-index", "COPY", "FILE"],
  ["diff", "--no-index", "OTHER", "FILE"],
  ["diff", "--no-index", "--markdown", "FILE", "OTHER"],
  ["textconv", "FILE"],
  ["textconv", "OTHER"],
  ["explain", "FILE"],
  ["explain", "FILE", "p.q"],
  ["status", "."],
  ["doctor", "FILE"],
  ["ls", "FILE"],
  ["ls", "OTHER"],
  ["replace", "--yes", "--old-stdin", "--new-stdin", "."],
  ["replace", "--dry-run", "--inside", "--old-stdin", "--new-stdin", "FILE"],
  ["merge-driver", "COPY", "FILE", "OTHER", "7", "FILE"],
  ["merge-driver", "OTHER", "FILE", "COPY", "7", "FILE"],
  ["merge-driver", "OTHER", "OTHER", "FILE", "7", "FILE"],
  ["resolve", "--ours", "FILE"],
  ["resolve", "FILE"],
  ["repair", "FILE"],
]

const publishing: readonly (readonly string[])[] = [
  ["publish", "--yes", "FILE"],
  ["groups", "add", "-f", "FILE", "--age", otherRecipient],
  ["updatekeys", "--yes", "FILE"],
]

const prints = new Set(["encrypt", "decrypt", "get", "textconv"])

function ways(commands: readonly (readonly string[])[], ours: readonly (readonly string[])[]): Way[] {
  const make = (face: Way["face"], args: readonly string[]): Way =>
    prints.has(args[0]!) ? { face, args, prints: true } : { face, args }
  const sotto = [...commands, ...ours].flatMap((args) => [
    make("sotto", args),
    make("sotto", [args[0]!, "--json", ...args.slice(1)]),
  ])
  return [...sotto, ...commands.map((args) => make("sops", args))]
}

const together: readonly Way[] = [
  ...ways([], inRepository),
  ...publishing.map((args): Way => ({ face: "sops", args })),
].map((way) => ({ ...way, inRepository: true }))

/** What meets three versions under one data key: the file holds what git makes of them by line, the index has all three. */
const onConflict: readonly Way[] = ways(
  [],
  [
    ["merge-driver", "BASE", "OURS", "THEIRS", "7", "FILE"],
    ["resolve", "FILE"],
    ["resolve", "--ours", "FILE"],
    ["resolve", "--theirs", "FILE"],
    ["repair", "FILE"],
    ["check", "FILE"],
    ["diff", "--no-index", "OURS", "THEIRS"],
    ["decrypt", "FILE"],
  ],
)

const onPlain = [...ways([...plainCommands, ...sealedCommands], onlySotto), ...together]
const onSealed = [...ways(sealedCommands, onlySotto), ...together]

export const waysOnPlain = onPlain.length
export const waysOnSealed = onSealed.length
export const waysOnConflict = onConflict.length

/** Sealed: the document, and what two people made of it. */
export interface Sides {
  readonly base: string
  readonly ours: string
  readonly theirs: string
}

/**
 * Runs commands on odd documents and looks for the canary in what they say. It may be said only where the document has
 * it as a key that is written out, since such a key is no secret: it stays in the clear in the sealed file.
 */
export class ShownValues {
  readonly #cwd: string
  readonly #own: Machine

  constructor(own: Machine) {
    this.#own = own
    this.#cwd = join(own.cwd, "shown")
    mkdirSync(join(this.#cwd, "repository"), { recursive: true })
    execFileSync("git", ["init", "-q", join(this.#cwd, "repository")], { env: Object.fromEntries(own.env) })
    // The editor of `edit` puts the odd document in place of the opened one.
    writeFileSync(join(this.#cwd, "edit.sh"), `#!/bin/sh\ncat "$ODD" > "$1"\n`, { mode: 0o700 })
  }

  /** @returns what was said with the canary in it, or `null` */
  async onPlain({ suffix, text }: OddDocument, nth: number): Promise<string | null> {
    const said = await this.#run(suffix, text, onPlain[nth % onPlain.length]!, text)
    return said === null || (await hasPublicKey(suffix, text)) ? null : said
  }

  /** @param text - sealed; a canary in it is public already */
  async onSealed(suffix: OddDocument["suffix"], text: string, odd: string, nth: number): Promise<string | null> {
    const said = await this.#run(suffix, text, onSealed[nth % onSealed.length]!, odd)
    return said === null || text.includes(canary) || (await hasPublicKey(suffix, odd)) ? null : said
  }

  /** The document sealed, or `null` when it cannot be. */
  async seal({ suffix, text }: OddDocument, face: Way["face"] = "sotto"): Promise<string | null> {
    writeFileSync(join(this.#cwd, `to-seal${suffix}`), text)
    const { status, stdout } = await this.#call({ face, args: ["encrypt", `to-seal${suffix}`] })
    return status === 0 ? stdout.toString("utf8") : null
  }

  /** Two versions of a sealed document in which each value that holds the canary is another; `null` when it cannot be. */
  async sides(odd: OddDocument): Promise<Sides | null> {
    const base = await this.seal(odd)
    if (base === null) return null
    const edited = async (text: string): Promise<string | null> => {
      writeFileSync(join(this.#cwd, "odd.txt"), text)
      const { status } = await this.run("sotto", ["edit", "FILE"], { suffix: odd.suffix, text: base })
      return status === 0 ? readFileSync(join(this.#cwd, `odd${odd.suffix}`), "utf8") : null
    }
    const ours = await edited(odd.text.replaceAll(canary, `${canary}1`))
    const theirs = await edited(odd.text.replaceAll(canary, `${canary}2`))
    return ours === null || theirs === null ? null : { base, ours, theirs }
  }

  /** @returns what was said with the canary in it, or `null` */
  async onConflict({ suffix, text }: OddDocument, { base, ours, theirs }: Sides, nth: number): Promise<string | null> {
    const folder = join(this.#cwd, "repository")
    const names = { FILE: `odd${suffix}`, BASE: `base${suffix}`, OURS: `ours${suffix}`, THEIRS: `theirs${suffix}` }
    const git = (args: readonly string[], input = ""): string => {
      const { stdout } = spawnSync("git", args, { cwd: folder, env: Object.fromEntries(this.#own.env), input })
      return stdout.toString("utf8")
    }
    for (const name of readdirSync(folder)) if (name !== ".git") rmSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, ".sopsrc"), config)
    const stages = [base, ours, theirs].map((side, index) => {
      writeFileSync(join(folder, [names.BASE, names.OURS, names.THEIRS][index]!), side)
      return `100644 ${git(["hash-object", "-w", "--stdin"], side).trim()} ${index + 1}\t${names.FILE}\n`
    })
    git(["read-tree", "--empty"])
    git(["update-index", "--index-info"], stages.join(""))
    writeFileSync(join(folder, names.FILE), git(["merge-file", "-p", names.OURS, names.BASE, names.THEIRS]))
    const way = onConflict[nth % onConflict.length]!
    const args = way.args.map((word) => (Object.hasOwn(names, word) ? names[word as keyof typeof names] : word))
    const { stdout, stderr } = await this.#call({ face: way.face, args }, { cwd: folder })
    const said = `${stderr}${stdout.toString("utf8")}`
    const isPublic = [base, ours, theirs].some((side) => side.includes(canary)) || (await hasPublicKey(suffix, text))
    return leaks(said) && !isPublic ? `${way.args.join(" ")}: ${said}` : null
  }

  /** One call; `FILE` stands for the document. */
  async run(face: Way["face"], args: readonly string[], { suffix, text }: Omit<OddDocument, "name">): Promise<Ended> {
    const name = `odd${suffix}`
    writeFileSync(join(this.#cwd, name), text)
    return this.#call({ face, args: args.map((word) => (word === "FILE" ? name : word)) })
  }

  async #run(suffix: OddDocument["suffix"], text: string, way: Way, odd: string): Promise<string | null> {
    writeFileSync(join(this.#cwd, "odd.txt"), odd)
    const { stderr, stdout, status } = way.inRepository
      ? await this.#inRepository(way, suffix, text, odd)
      : await this.run(way.face, way.args, { suffix, text })
    const said = status === 0 && way.prints === true ? stderr : `${stderr}${stdout.toString("utf8")}`
    return leaks(said) ? `${way.face} ${way.args.join(" ")}: ${said}` : null
  }

  async #inRepository(way: Way, suffix: OddDocument["suffix"], text: string, odd: string): Promise<Ended> {
    const folder = join(this.#cwd, "repository")
    const names = { FILE: `odd${suffix}`, COPY: `copy${suffix}`, OTHER: `other${suffix}` }
    for (const name of readdirSync(folder)) if (name !== ".git") rmSync(join(folder, name), { recursive: true })
    writeFileSync(
      join(folder, way.face === "sops" ? ".sops.yaml" : ".sopsrc"),
      way.face === "sops" ? destinations : config,
    )
    for (const [name, content] of [
      [names.FILE, text],
      [names.COPY, text],
      [names.OTHER, odd],
    ] as const)
      writeFileSync(join(folder, name), content)
    // It looks at what git tracks.
    if (way.args[0] === "check")
      execFileSync("git", ["add", "."], { cwd: folder, env: Object.fromEntries(this.#own.env) })
    const args = way.args.map((word) => (Object.hasOwn(names, word) ? names[word as keyof typeof names] : word))
    return this.#call({ face: way.face, args }, { cwd: folder, stdin: `${canary}\nnew\n` })
  }

  async #call(
    { face, args }: Pick<Way, "face" | "args">,
    { cwd = this.#cwd, stdin }: { readonly cwd?: string; readonly stdin?: string } = {},
  ): Promise<Ended> {
    const env = new Map([
      ...this.#own.env,
      ["SOPS_AGE_KEY_FILE", join(root, "fixtures/keys/age-a.txt")],
      ["SOPS_AGE_RECIPIENTS", recipient],
      ["EDITOR", join(this.#cwd, "edit.sh")],
      ["ODD", join(this.#cwd, "odd.txt")],
    ])
    const order = { args, cwd, env, stdin }
    if (face === "sotto") return call(order)
    const { io, ended } = ioFor(order)
    return ended(await runAsSops(io, args, "/no/audit/file"))
  }
}

async function hasPublicKey(suffix: OddDocument["suffix"], text: string): Promise<boolean> {
  try {
    const { sites } = (await loadFormat(formats[suffix])).scan(text)
    return sites.some(({ item }) => {
      for (let at: Item | null = item; at !== null; at = at.parent)
        if (at.shownKey === undefined && at.key?.includes(canary) === true) return true
      return false
    })
  } catch {
    return false
  }
}
