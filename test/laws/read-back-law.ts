import * as fc from "fast-check"
import { expect, test } from "vitest"
import { type Leaf, type Opened, readSealed } from "../../src/core/document.ts"
import { type Format, type MetaMap } from "../../src/core/format.ts"
import { type Expected, open } from "../../src/core/open.ts"
import { openKnown } from "../../src/core/read-known.ts"
import { textScalar } from "../../src/core/scalar.ts"
import { noSelectors } from "../../src/core/select.ts"
import { countedSites, documentOf, fullPath } from "../../src/core/site.ts"
import { kindsInFile } from "../../src/keys/kinds.ts"
import { cipherFor, compile, trySeal } from "./document-laws.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { runs } from "./runs.ts"

/** Rules of each kind that the grammars have keys for, and one that looks at comments. */
const rules = [
  noSelectors,
  { ...noSelectors, encryptedRegex: "a" },
  { ...noSelectors, unencryptedSuffix: "b" },
  { ...noSelectors, encryptedCommentRegex: "a" },
]

const options = fc.record({
  selectors: fc.constantFrom(...rules),
  macOnlyEncrypted: fc.boolean(),
  structure: fc.boolean(),
  layoutMemo: fc.boolean(),
})

const pieces = [
  "",
  "",
  "x",
  "A",
  "\n",
  " ",
  "#",
  ": ",
  "- ",
  '"',
  ",",
  "{}",
  "]",
  "=",
  "1",
  "null",
  "\nb: 1\n",
  '"b":1,',
]

/** Something else in the place of some signs; or, without any, two tokens in each other's places. */
const change = fc.record({ at: fc.nat(10_000), drop: fc.nat(3), put: fc.constantFrom(...pieces, null) })

/**
 * A text is read back without its sites only where opening it whole finds the same: the same places, tokens and values,
 * the same plain text and proofs. So it is with what sealing made, with anything changed, and with another value expected.
 *
 * @param texts - mostly as plain as the format reads by itself
 */
export function readBackLaw(format: Format, texts: fc.Arbitrary<string>): void {
  test(`${format.name}: what is read back as it is compared opens to the same`, () => {
    let read = 0
    const changes = fc.array(change, { maxLength: 6 })
    const property = fc.property(texts, options, changes, fc.boolean(), (plain, how, made, isKept) => {
      const sealed = trySeal(format, plain, how)
      fc.pre(sealed !== null)
      const expected = expectedOf(format, plain, sealed.opened, how.macOnlyEncrypted, isKept)
      const back = { cipher: cipherFor(), compiled: compile(how.selectors), kinds: kindsInFile }
      for (const source of [sealed.text, ...made.map((one) => changed(sealed.text, one))]) {
        const tree = treeOf(format, source)
        const found = tree === null ? null : openKnown(format, { text: source, tree }, expected, back)
        if (found === null) continue
        read++
        const whole = open(readSealed(format, source, kindsInFile), {
          cipher: back.cipher,
          selectors: back.compiled,
          requireStructure: false,
        })
        expect(said(found)).toEqual(said(whole))
        expect(found.leaves.map(({ token }) => token)).toEqual(expected.leaves.map(({ token }) => token))
      }
      const at = expected.leaves.findIndex(({ token }) => token !== null)
      if (at === -1) return
      const other = { ...expected.leaves[at]!, scalar: textScalar("another") }
      const written = { text: sealed.text, tree: sealed.opened.document.metadata.tree }
      expect(openKnown(format, written, { ...expected, leaves: expected.leaves.with(at, other) }, back)).toBeNull()
    })
    fc.assert(property, { numRuns: runs.numRuns * 20 })
    expect(read).toBeGreaterThan(runs.numRuns * 4)
  })
}

/** Its metadata, as if they were meant to be those; `null` where there are none that can be read. */
function treeOf(format: Format, source: string): MetaMap | null {
  try {
    return format.scan(source).metadata?.tree ?? null
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

/** What `seal` knows of the text that it made. */
function expectedOf(
  format: Format,
  plain: string,
  opened: Opened,
  macOnlyEncrypted: boolean,
  isKept: boolean,
): Expected {
  const sites = countedSites(format.scan(plain))
  const leaves = opened.leaves.map(({ isSelected, token, scalar }, index) => {
    const site = sites[index]!
    const kept = isKept && token !== null && scalar !== null ? { token, scalar } : null
    return { site, scalar: token === null ? site.scalar : scalar, isSelected, token, kept }
  })
  return { leaves, macHex: opened.macHex, macOnlyEncrypted, known: { text: plain, sites } }
}

function changed(text: string, { at, drop, put }: { at: number; drop: number; put: string | null }): string {
  const place = at % (text.length + 1)
  if (put !== null) return text.slice(0, place) + put + text.slice(place + drop)
  const tokens = text.match(/ENC\[[^\]]*\]/g) ?? []
  const [one, two] = [tokens[at % tokens.length], tokens[(at + 1 + drop) % tokens.length]]
  if (one === undefined || two === undefined) return text
  return text.replace(one, "?").replace(two, one).replace("?", two)
}

/** All that an opened document says. */
function said({ leaves, bytes, macHex, structureHex, memoText, document: { metadata } }: Opened): unknown {
  return { leaves: leaves.map(saidOf), bytes: Buffer.from(bytes), macHex, structureHex, memoText, metadata }
}

function saidOf({ site: { item, inList }, scalar, isSelected, token }: Leaf): unknown {
  const value = scalar === null ? null : [scalar.kind, Buffer.from(scalar.bytes).toString("latin1")]
  return { path: [documentOf(item), ...fullPath(item)], inList, value, isSelected, token }
}
