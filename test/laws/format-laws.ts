import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Format, type MetaMap, type MetaValue, type Scan } from "../../src/core/format.ts"
import { sameSites } from "../../src/core/same-sites.ts"
import { countedSites, documentOf, fullPath, type Item, type Site } from "../../src/core/site.ts"
import { splice } from "../../src/core/splice.ts"
import { type Edit, utf8 } from "../../src/core/text.ts"
import { withoutNewlines } from "../../src/core/token.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { canonicalScalar } from "../../src/core/canonical.ts"
import { commentScalar, type Scalar, scalarText, textScalar } from "../../src/core/scalar.ts"
import { runs } from "./runs.ts"

/**
 * What every format must keep, whatever the text. Texts that the format refuses are skipped, so the grammar behind
 * `arbitraryText` should mostly give valid ones; it must not give a metadata block.
 */
export function formatLaws(format: Format, arbitraryText: fc.Arbitrary<string>): void {
  const law = (check: (plain: Scan) => void): void => {
    const property = fc.property(arbitraryText, (text) => {
      const plain = scanOf(format, text)
      fc.pre(plain !== null)
      check(plain)
    })
    fc.assert(property, runs)
  }

  describe(`laws of ${format.name}`, () => {
    test("most texts of the grammar are valid", () => {
      const texts = fc.sample(arbitraryText, 100)
      expect(texts.filter((text) => scanOf(format, text) !== null).length).toBeGreaterThan(50)
    })

    test("L1: no edit, no change; spans lie in the text and do not overlap", () => {
      law((plain) => {
        expect(splice(plain.source, [])).toBe(plain.source)
        const touched = plain.sites.flatMap(({ span }) => (span === null ? [] : [{ ...span, text: "" }]))
        expect(() => splice(plain.source, touched)).not.toThrow()
      })
    })

    test("without what is banned, nothing is banned", () => {
      law((plain) => {
        expect(plain.banned ?? []).toEqual([])
      })
    })

    test("L2, L3: each site alone is sealed and opened, and all others stay", () => {
      law((plain) => {
        fc.pre(plain.aliases.length === 0)
        for (const [nth, site] of plain.sites.entries()) {
          if (isSealable(site)) sealAndOpen(format, plain, [nth])
        }
      })
    })

    test("L2, L3: all sites together are sealed and opened", () => {
      law((plain) => {
        fc.pre(plain.aliases.length === 0)
        sealAndOpen(
          format,
          plain,
          plain.sites.flatMap((site, nth) => (isSealable(site) ? [nth] : [])),
        )
      })
    })

    test("detach takes out exactly what attach put in, and the tree comes back", () => {
      law((plain) => {
        const attached = attach(format, plain, sample)
        expect(attached.metadata?.tree).toEqual(sample)
        expect(detached(attached)).toBe(plain.source)
        expect(values(attached)).toEqual(values(plain))
      })
    })

    test("a new entry is indented like one of those beside it", () => {
      let found = 0
      law((plain) => {
        fc.pre(!hasTwice(plain))
        const placeOf = format.places(plain)
        const beside = new Map<string, { path: readonly (string | number)[]; indents: Set<string> }>()
        for (const { item } of plain.sites.filter(
          ({ item: { parent }, kind }) => parent !== null && kind !== "comment",
        )) {
          if (documentOf(item) > 0) continue
          for (let at = item; at.parent !== null; at = at.parent) {
            const start = placeOf(at)?.start
            if (at.key === null || start === undefined || !isAtLineStart(plain.source, start)) continue
            const path = fullPath(at).slice(0, -1)
            const known = beside.get(JSON.stringify(path)) ?? { path, indents: new Set() }
            known.indents.add(spaceBefore(plain.source, start))
            beside.set(JSON.stringify(path), known)
          }
        }
        for (const { path, indents } of beside.values()) {
          const text = setNew(format, plain, path)
          if (text === null) continue
          const scan = format.scan(text)
          const { item } = scan.sites.find((site) => site.item.key === newName)!
          const { start, isBlock } = format.places(scan)(item)!
          // Between brackets it may follow on the line of another.
          if (!isBlock && !isAtLineStart(text, start)) continue
          expect([...indents]).toContain(spaceBefore(text, start))
          found++
        }
      })
      expect(found).toBeGreaterThan(runs.numRuns / 10)
    })

    test("a block that is put back as it was gives the same bytes; a changed one leaves the rest alone", () => {
      law((plain) => {
        const first = attach(format, plain, sample)
        const again = format.attach(format.scan(detached(first)), first.metadata!.tree, first.metadata)
        expect(splice(detached(first), again)).toBe(first.source)
        for (const tree of [withOther("mac", "ENC[other]"), withOther("added", "yes"), withOther("age", [])]) {
          const changed = format.scan(splice(plain.source, format.attach(plain, tree, first.metadata)))
          expect(detached(changed)).toBe(plain.source)
          expect(changed.metadata?.tree.get("mac")).toBe(tree.get("mac"))
        }
      })
    })
  })
}

const newName = "xq_added"

/** The text with one more entry; `null` where the format has no place for it. */
function setNew(format: Format, plain: Scan, path: readonly (string | number)[]): string | null {
  try {
    const value = { type: "scalar", scalar: textScalar("v") } as const
    return splice(plain.source, format.set(plain, [...path, newName], value))
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

/** Two entries have one path: `set` means one of them. */
function hasTwice({ sites }: Scan): boolean {
  const known = new Map<string, Item>()
  for (const { item } of sites) {
    for (let at = item; at.parent !== null; at = at.parent) {
      const path = JSON.stringify([documentOf(at), ...fullPath(at)])
      if ((known.get(path) ?? at) !== at) return true
      known.set(path, at)
    }
  }
  return false
}

function isAtLineStart(text: string, at: number): boolean {
  return /(?:^|\n)[ \t]*$/.test(text.slice(0, at))
}

function spaceBefore(text: string, at: number): string {
  return text.slice(text.lastIndexOf("\n", at - 1) + 1, at)
}

/**
 * A format that confirms without a scan says so only where a scan says the same: of the text itself, with metadata, and
 * with anything changed. The places of values count where they are asked for.
 *
 * @param texts - mostly as plain as the format confirms
 */
export function confirmLaw(format: Format, texts: fc.Arbitrary<string>): void {
  test(`${format.name}: a text is confirmed only where a scan says the same`, () => {
    let confirmed = 0
    let placed = 0
    const change = fc.record({ at: fc.nat(10_000), drop: fc.nat(3), put: fc.constantFrom(...pieces) })
    const property = fc.property(texts, fc.array(change, { maxLength: 3 }), fc.nat(30), (text, changes, chosen) => {
      const plain = scanOf(format, text)
      fc.pre(plain !== null)
      const leaves = countedSites(plain).map((site) => ({ site, scalar: site.scalar, isSelected: false, token: null }))
      const sealed = attach(format, plain, sample).source
      for (const source of [plain.source, sealed, ...changes.map((one) => changed(sealed, text.length + 1, one))]) {
        if (!format.confirms!(source, leaves, null)) continue
        confirmed++
        const found = countedSites(format.scan(source))
        expect(sameSites(leaves, found, format)).toBe(true)
        const index = chosen % leaves.length
        const { start, end } = found[index]!.span!
        if (format.confirms!(source, leaves, new Map([[index, { start, end }]]))) placed++
        for (const other of [
          { start: start + 1, end },
          { start, end: end - 1 },
        ])
          expect(format.confirms!(source, leaves, new Map([[index, other]]))).toBe(false)
      }
    })
    fc.assert(property, { numRuns: runs.numRuns * 20 })
    expect(confirmed).toBeGreaterThan(runs.numRuns)
    expect(placed).toBeGreaterThan(runs.numRuns)
  })
}

/**
 * A format that confirms an edit by itself says so only where a scan of the whole text says the same: of one edit and
 * of many, with metadata behind them.
 *
 * @param texts - mostly as plain as the format confirms
 */
export function confirmEditLaw(format: Format, texts: fc.Arbitrary<string>): void {
  test(`${format.name}: an edit is confirmed only where a scan says the same`, () => {
    let confirmed = 0
    const words = fc.array(fc.constantFrom(...pieces, ...spelled), { maxLength: 4 }).map((parts) => parts.join(""))
    const property = fc.property(texts, fc.array(words, { minLength: 8, maxLength: 8 }), (text, wanted) => {
      const plain = scanOf(format, text)
      fc.pre(plain !== null && plain.aliases.length === 0)
      const tokens = plain.sites.filter(isSealable).map((site) => format.seal(plain, site, tokenFor(site)))
      const sealed = attach(format, format.scan(splice(plain.source, tokens)), sample)
      const sites = countedSites(sealed)
      const leaves = sites.map((site) => ({ site, scalar: site.scalar, isSelected: true, token: null }))
      const chosen = new Map<number, { scalar: Scalar; edit: Edit }>()
      const holds = (edits: ReadonlyMap<number, { scalar: Scalar; edit: Edit }>): boolean => {
        const source = splice(
          sealed.source,
          [...edits.values()].map(({ edit }) => edit),
        )
        const changed = leaves.map((leaf, index) => ({ ...leaf, scalar: edits.get(index)?.scalar ?? leaf.scalar }))
        return sameSites(changed, countedSites(format.scan(source)), format)
      }
      for (const [index, site] of sites.entries()) {
        if (site.scalar === null || !scalarText(site.scalar).startsWith("ENC[")) continue
        for (const scalar of scalarsOf(site, wanted[index % wanted.length]!)) {
          const { start, end, text: opened } = format.open(sealed, site, scalar)
          for (const put of [opened, wanted[(index + 1) % wanted.length]!]) {
            if (!format.confirmsEdit!(sealed, site, scalar, put)) continue
            const one = { scalar, edit: { start, end, text: put } }
            confirmed++
            chosen.set(index, one)
            expect(holds(new Map([[index, one]]))).toBe(true)
          }
        }
      }
      expect(holds(chosen)).toBe(true)
    })
    fc.assert(property, { numRuns: runs.numRuns * 20 })
    expect(confirmed).toBeGreaterThan(runs.numRuns)
  })
}

/** What a value may be spelled as, and what looks like it. */
const spelled = [
  "word",
  "two words",
  '"quoted"',
  "'it'",
  "-1",
  "12",
  "1.5",
  "1e3",
  "007",
  "0x1f",
  "true",
  "null",
  "~",
  "{}",
  "2026-01-02",
  "\u00e9",
  "\u2028",
  "\u0085",
  "\ufeff",
  "\t",
  "\r",
  "\\",
  '\\"',
  "|",
  "*a",
  "!!str x",
  "export A=b",
  "%",
]

/** What a token may have held that opens to such a text. */
function scalarsOf(site: Site, words: string): Scalar[] {
  if (site.kind === "comment") return [commentScalar(words)]
  const bytes = utf8.encode(words)
  const kinds = ["int", "float", "bool", "time"] as const
  return [
    textScalar(words),
    ...kinds.flatMap((kind) => {
      const scalar = canonicalScalar(kind, bytes)
      return scalar === null ? [] : [scalar]
    }),
  ]
}

/** A block with all shapes that metadata has; texts only, since some formats know nothing else. */
const sample: MetaMap = new Map<string, MetaValue>([
  [
    "age",
    [
      new Map([
        ["enc", "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n"],
        ["recipient", "age1qqq"],
      ]),
      new Map([
        ["enc", "-----BEGIN AGE ENCRYPTED FILE-----\nZWdh\n-----END AGE ENCRYPTED FILE-----\n"],
        ["recipient", "age1ppp"],
      ]),
    ],
  ],
  ["lastmodified", "2026-11-22T04:58:07Z"],
  ["mac", "ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]"],
  ["unencrypted_suffix", "_unencrypted"],
  ["version", "3.13.2"],
])

/** What a change puts in: signs that begin or end something. */
const pieces = [
  "",
  "",
  "x",
  "\n",
  " ",
  "#",
  ":",
  ": ",
  "- ",
  '"',
  "'",
  ",",
  "{",
  "]",
  "=",
  "\\n",
  "1",
  "null",
  "\nsops:\n",
  ";",
  "`",
  "\\\n",
  "\n[s]\n",
  "\n[sops]\n",
  "\na = b\n",
  "\nsops_a=b\n",
]

interface Change {
  readonly at: number
  readonly drop: number
  readonly put: string
}

/** @param length - of what stands before the metadata, which no value can change */
function changed(text: string, length: number, { at, drop, put }: Change): string {
  const start = at % length
  return text.slice(0, start) + put + text.slice(start + drop)
}

function withOther(name: string, value: MetaValue): MetaMap {
  return new Map([...sample, [name, value]])
}

/** The scan without what must not stand in a sealed file; `null` for a text that the format refuses. */
function scanOf(format: Format, text: string): Scan | null {
  try {
    const scan = format.scan(text)
    const banned = (scan.banned ?? []).map((span) => ({ ...span, text: "" }))
    const bare = banned.length === 0 ? scan : format.scan(splice(text, banned))
    if (banned.length > 0) expect(readings(bare)).toEqual(readings(scan))
    expect(bare.metadata).toBeNull()
    return bare
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

function isSealable({ span, scalar }: Site): boolean {
  return span !== null && scalar !== null && scalar.bytes.length > 0
}

function tokenFor({ kind }: Site): string {
  return `ENC[AES256_GCM,data:p673w7==,iv:YY+/=,tag:UQ==,type:${kind}]`
}

function sealAndOpen(format: Format, plain: Scan, chosen: readonly number[]): void {
  const edits = chosen.map((nth) => format.seal(plain, plain.sites[nth]!, tokenFor(plain.sites[nth]!)))
  const sealed = format.scan(splice(plain.source, edits))
  const isChosen = new Set(chosen)
  expect(places(sealed)).toEqual(places(plain))
  for (const [nth, site] of sealed.sites.entries()) {
    const before = plain.sites[nth]!
    // Line ends that a block keeps stay below its token.
    if (isChosen.has(nth)) expect(withoutNewlines(text(site))).toBe(tokenFor(before))
    else expect(reading(site)).toEqual(reading(before))
  }
  const back = chosen.map((nth) => format.open(sealed, sealed.sites[nth]!, plain.sites[nth]!.scalar!))
  const opened = format.scan(splice(sealed.source, back))
  expect(readings(opened).map(loose)).toEqual(readings(plain).map(loose))
  expect(outside(opened.source, after(back))).toEqual(outside(plain.source, edits))
}

/** Edits that span what the given ones put in. */
function after(edits: readonly Edit[]): Edit[] {
  let shift = 0
  return [...edits]
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, text }) => {
      const from = start + shift
      shift += text.length - (end - start)
      return { start: from, end: from + text.length, text }
    })
}

/** The text without the spans of the edits. */
function outside(source: string, edits: readonly Edit[]): string {
  return splice(
    source,
    edits.map((edit) => ({ ...edit, text: "\u0000" })),
  )
}

function attach(format: Format, plain: Scan, tree: MetaMap): Scan {
  return format.scan(splice(plain.source, format.attach(plain, tree, null)))
}

function detached({ source, metadata }: Scan): string {
  return splice(source, metadata!.detach)
}

/** What comments belong to may change with a block behind them. */
function values(scan: Scan): Reading[] {
  return readings(scan).filter(({ kind }) => kind !== "comment")
}

interface Reading {
  readonly place: string
  readonly kind: string
  readonly text: string
}

function readings({ sites }: Scan): Reading[] {
  return sites.map(reading)
}

function reading(site: Site): Reading {
  return { place: place(site), kind: site.kind, text: text(site) }
}

/** An opened whole float may be read as an integer, as upstream's own output is. */
function loose({ place, kind, text }: Reading): Reading {
  return { place, kind: kind === "int" || kind === "float" ? "number" : kind, text: text === "-0" ? "0" : text }
}

function places({ sites }: Scan): string[] {
  return sites.map(place)
}

function place({ item, shadowed }: Site): string {
  return JSON.stringify([documentOf(item), fullPath(item), shadowed ?? false])
}

function text({ scalar }: Site): string {
  return scalar === null ? "" : utf8.decode(scalar.bytes)
}
