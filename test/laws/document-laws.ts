import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { kindsInFile } from "../../src/keys/kinds.ts"
import { type Opened, readSealed } from "../../src/core/document.ts"
import { type Format, type MetaMap } from "../../src/core/format.ts"
import { Cipher } from "../../src/core/gcm.ts"
import { open } from "../../src/core/open.ts"
import { seal, type Sealed } from "../../src/core/seal.ts"
import { type SealOptions } from "../../src/core/seal-options.ts"
import { SecretBytes } from "../../src/core/secret.ts"
import { type CompiledSelectors, noSelectors, ruleOf, type Selectors } from "../../src/core/select.ts"
import { documentOf, fullPath } from "../../src/core/site.ts"
import { utf8 } from "../../src/core/text.ts"
import { AppError } from "../../src/errors/app-error.ts"

const keyBytes = Uint8Array.from({ length: 32 }, (_, i) => i + 1)
const wrapped: MetaMap = new Map([
  [
    "age",
    [
      new Map([
        ["enc", "-----BEGIN-----\nx\n-----END-----\n"],
        ["recipient", "age1x"],
      ]),
    ],
  ],
])

export const runs = process.env["SLOW"] === "1" ? 5_000 : 50

export function cipherFor(): Cipher {
  return new Cipher(new SecretBytes(Uint8Array.from(keyBytes)))
}

/** Selectors by substring are enough for laws: the patterns of RE2 have tests of their own. */
export function compile(selectors: Selectors): CompiledSelectors {
  const { rule, text } = ruleOf(selectors)
  return { rule, text, pattern: { test: (subject) => subject.includes(text) } }
}

export function sealText(format: Format, plain: string, overrides: Partial<SealOptions> = {}): Sealed {
  const selectors = overrides.selectors ?? noSelectors
  return seal(format, plain, {
    cipher: cipherFor(),
    kinds: kindsInFile,
    selectors,
    compiled: compile(selectors),
    macOnlyEncrypted: false,
    keys: overrides.previous === undefined || overrides.previous === null ? wrapped : null,
    version: "3.13.2",
    now: new Date("2026-01-02T03:04:05Z"),
    previous: null,
    structure: true,
    layoutMemo: true,
    container: "",
    allowClearAlias: false,
    allowEmptySelection: true,
    ...overrides,
  })
}

export function openText(format: Format, text: string): Opened {
  const document = readSealed(format, text, kindsInFile)
  return open(document, {
    cipher: cipherFor(),
    selectors: compile(document.metadata.selectors),
    requireStructure: false,
  })
}

/** A text that the format takes; generated texts that it refuses are no news for these laws. */
function accepts(format: Format, text: string): boolean {
  try {
    return format.scan(text).metadata === null
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

/** Seals, or says `null` where sealing is refused for a stated reason; a failed self-check is never one. */
export function trySeal(format: Format, text: string, overrides: Partial<SealOptions>): Sealed | null {
  try {
    return sealText(format, text, overrides)
  } catch (error) {
    if (error instanceof AppError && error.code !== "SELF_CHECK") return null
    throw error
  }
}

function tryOpen(format: Format, text: string): Opened | null {
  try {
    return openText(format, text)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

/**
 * Every value's place and kind, and whether it is empty. Upstream's MAC is over the values without anything between them,
 * so a piece of one may still move to the next where both are in the clear, or in one list.
 */
function valuesOf({ leaves }: Opened): unknown[] {
  return leaves.flatMap(({ site, scalar }) =>
    site.kind === "comment"
      ? []
      : [[documentOf(site.item), fullPath(site.item), scalar?.kind ?? site.kind, scalar?.bytes.length === 0]],
  )
}

/**
 * The laws that every format owes to its users, over generated text.
 *
 * @param texts - texts of the format, most of them valid
 */
export function documentLaws(format: Format, texts: fc.Arbitrary<string>): void {
  const documents = texts.filter((text) => accepts(format, text))
  const selectorSets = fc.constantFrom<Partial<Selectors>>(
    {},
    { encryptedRegex: "a" },
    { unencryptedRegex: "b" },
    { encryptedSuffix: "e" },
  )

  describe(`laws of documents: ${format.name}`, () => {
    test("L3: open(seal(x)) is x, byte for byte", () => {
      fc.assert(
        fc.property(documents, selectorSets, (text, chosen) => {
          const sealed = trySeal(format, text, { selectors: { ...noSelectors, ...chosen } })
          if (sealed === null) return
          expect(sealed.warnings.map(({ code }) => code)).not.toContain("LAYOUT_DROPPED")
          expect(utf8.decode(openText(format, sealed.text).bytes)).toBe(text)
        }),
        { numRuns: runs },
      )
    })

    test("L4: sealing what was opened gives the same bytes, date and MAC included", () => {
      fc.assert(
        fc.property(documents, (text) => {
          const sealed = trySeal(format, text, {})
          if (sealed === null) return
          const previous = openText(format, sealed.text)
          const again = sealText(format, utf8.decode(previous.bytes), {
            previous,
            now: new Date("2031-01-01T00:00:00Z"),
          })
          expect(again.text).toBe(sealed.text)
          // The same without the short cut for equal text: every token, the MAC and the memo are found again.
          const forced = sealText(format, utf8.decode(previous.bytes), {
            previous,
            keys: wrapped,
            now: new Date("2031-01-01T00:00:00Z"),
          })
          expect(forced.text).toBe(sealed.text)
        }),
        { numRuns: runs },
      )
    })

    test("L7: every selected site that is not null or empty is a token", () => {
      fc.assert(
        fc.property(documents, (text) => {
          const sealed = trySeal(format, text, {})
          if (sealed === null) return
          for (const { isSelected, scalar, token } of openText(format, sealed.text).leaves) {
            if (isSelected && scalar !== null && scalar.bytes.length > 0) expect(token).not.toBeNull()
          }
        }),
        { numRuns: runs },
      )
    })

    test("L11: lines that go, come twice or change places are noticed, or change nothing", () => {
      const twoNumbers = fc.tuple(fc.nat(), fc.nat())
      fc.assert(
        fc.property(documents, selectorSets, twoNumbers, fc.nat(2), (text, chosen, [first, second], kind) => {
          const sealed = trySeal(format, text, { selectors: { ...noSelectors, ...chosen } })
          if (sealed === null) return
          const lines = sealed.text.split("\n")
          const [a, b] = [first % lines.length, second % lines.length]
          if (kind === 0) lines.splice(a, 1)
          else if (kind === 1) lines.splice(a, 0, lines[b]!)
          else [lines[a], lines[b]] = [lines[b]!, lines[a]!]
          const changed = tryOpen(format, lines.join("\n"))
          // Without the digest it is a file by upstream, which authenticates less.
          if (changed === null || changed.document.metadata.structure === "") return
          expect(valuesOf(changed)).toEqual(valuesOf(sealed.opened))
        }),
        { numRuns: runs * 4 },
      )
    })

    test("L2: nothing outside tokens and metadata differs between the plain and the sealed text", () => {
      fc.assert(
        fc.property(documents, (text) => {
          const sealed = trySeal(format, text, { selectors: { ...noSelectors, encryptedRegex: "\u0000never" } })
          if (sealed === null) return
          const { scan } = readSealed(format, sealed.text, kindsInFile)
          const removed = [...scan.metadata!.detach].sort((a, b) => b.start - a.start)
          let rest = sealed.text
          for (const { start, end, text: put } of removed) rest = rest.slice(0, start) + put + rest.slice(end)
          const banned = [...(format.scan(text).banned ?? [])].sort((a, b) => b.start - a.start)
          let expected = text
          for (const { start, end } of banned) expected = expected.slice(0, start) + expected.slice(end)
          expect(rest).toBe(expected)
        }),
        { numRuns: runs },
      )
    })
  })
}
