import { dataKeyOf, type OpenedAlone, openWith } from "../../src/app/open/open-alone.ts"
import { spawnSync } from "node:child_process"
import { describe, expect, test } from "vitest"
import { sottoDialect } from "../../src/app/dialect.ts"
import { mergeFile } from "../../src/app/merge/merge-file.ts"
import { readSide } from "../../src/app/merge/side.ts"
import { RunEnd } from "../../src/app/run-end.ts"
import { type Session } from "../../src/app/session.ts"
import { keyPath } from "../../src/core/site.ts"
import { leaks } from "../canary.ts"
import { conflict, document, edited, merged, print, randomFrom, shapes } from "../core/merge/documents.ts"
import { mergeRepository, type MergeRepository } from "./merging.ts"
import { stockSops as sops } from "../stock-sops.ts"

const rounds = process.env["SLOW"] === "1" ? 300 : 12
const suffixes = { yaml: "yaml", json: "json", dotenv: "env", ini: "ini" } as const

async function openedOf(session: Session, bytes: Uint8Array, path: string): Promise<OpenedAlone> {
  const side = await readSide(bytes, path)
  if (side.kind !== "sealed") throw new Error(`it is ${side.kind}`)
  return openWith(side.document, await dataKeyOf(session, side.document, "offline"))
}

/** Tokens by what they hold and where, of places that one value has to itself. */
function tokensOf({ opened }: OpenedAlone): Map<string, string> {
  const found = new Map<string, string>()
  const twice = new Set<string>()
  for (const { site, scalar, token } of opened.leaves) {
    if (token === null || scalar === null) continue
    const place = JSON.stringify([keyPath(site.item), scalar.kind, Buffer.from(scalar.bytes).toString("base64")])
    if (found.has(place)) twice.add(place)
    found.set(place, token)
  }
  for (const place of twice) found.delete(place)
  return found
}

function openedByUpstream(own: MergeRepository, path: string): boolean {
  if (sops === undefined) return true
  return spawnSync(sops, ["decrypt", path], { cwd: own.top, env: Object.fromEntries(own.env) }).status === 0
}

describe.each(Object.keys(shapes) as (keyof typeof shapes)[])(
  "sealed %s documents with two random edits a side",
  (name) => {
    test("merge into a sealed one: tokens of ours, then those of theirs, and no plaintext", async () => {
      const own = await mergeRepository()
      const session: Session = { io: own.io(), dialect: sottoDialect, end: new RunEnd(), memory: {}, notice: () => {} }
      const path = `secrets/x.${suffixes[name]}`
      let count = 0
      for (let seed = 1; seed <= rounds; seed++) {
        const random = randomFrom(seed * 6271)
        const layout = { indent: 2, blankLines: seed % 2 === 0 }
        const shape = shapes[name]
        const base = document(random, shape)
        const twice = (side: string): typeof base => edited(random, shape, edited(random, shape, base, side), side)
        const [ours, theirs] = [twice("o"), twice("t")]
        const expected = merged(base, ours, theirs)
        const texts = [base, ours, theirs].map((each) => print(name, each, layout)) as [string, string, string]
        if (texts[1] === texts[0] || texts[2] === texts[0]) continue
        await own.seal(path, texts[0], "--allow-empty-selection")
        const first = own.read(path)
        await own.change(path, texts[1], "--allow-empty-selection")
        const second = own.read(path)
        own.write(path, first)
        await own.change(path, texts[2], "--allow-empty-selection")
        const third = own.read(path)
        const versions = { base: first, ours: second, theirs: third }
        const result = await mergeFile(session, { ...versions, path, reach: "offline", ruleAtHead: async () => null })
        const shown = JSON.stringify({ seed, texts })
        if (expected === conflict) {
          expect({ shown, kind: result.kind }).toEqual({ shown, kind: "conflict" })
          continue
        }
        if (result.kind !== "merged") {
          expect({ shown, expected, result }).toMatchObject({ expected: null })
          continue
        }
        count++
        expect({ shown, leaks: leaks(Buffer.from(result.bytes)) }).toEqual({ shown, leaks: false })
        const [o, t, r] = await Promise.all(
          [second, third, result.bytes].map((bytes) => openedOf(session, bytes, path)),
        )
        const [byOurs, byTheirs] = [tokensOf(o!), tokensOf(t!)]
        const wrong = [...tokensOf(r!)].filter(([place, token]) => {
          const kept = byOurs.get(place) ?? byTheirs.get(place)
          return kept !== undefined && kept !== token
        })
        expect({ shown, wrong }).toEqual({ shown, wrong: [] })
        own.write(path, result.bytes)
        expect({ shown, upstream: openedByUpstream(own, path) }).toEqual({ shown, upstream: true })
      }
      expect(count).toBeGreaterThan(rounds / 10)
    }, 900_000)
  },
)
