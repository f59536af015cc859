/** Seeded, so that a failing run can be repeated: a 32-bit generator (mulberry32), for tests only. */
export function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

type Random = ReturnType<typeof generator>

const token = /ENC\[AES256_GCM,[^\]]*\]/g

/** Bytes that mean something to one of the formats, or to a decoder. */
const telling = [
  ..."\n \r \t \" ' \\ # ; : = , [ ] { } & * ! | > % @ ` - ? . ~ <".split(" "),
  " ",
  "\u0085",
  "\u2028",
  "\ufeff",
  "---",
  "...",
  "<<",
  "sops",
  "__proto__",
]

const changes: readonly ((bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer)[] = [
  function flipBit(bytes, random) {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy[random(copy.length)]! ^= 1 << random(8)
    return copy
  },
  function cut(bytes, random) {
    const at = random(bytes.length)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(Math.min(200, bytes.length - at)))])
  },
  function duplicate(bytes, random) {
    const at = random(bytes.length)
    const span = bytes.subarray(at, at + 1 + random(200))
    const to = random(bytes.length)
    return Buffer.concat([bytes.subarray(0, to), span, bytes.subarray(to)])
  },
  function spliceOther(bytes, random, others) {
    const other = others[random(others.length)]!
    return Buffer.concat([bytes.subarray(0, random(bytes.length)), other.subarray(random(other.length))])
  },
  function insertTelling(bytes, random) {
    const at = random(bytes.length)
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(telling[random(telling.length)]!), bytes.subarray(at)])
  },
  function nest(bytes, random) {
    const at = random(bytes.length)
    return Buffer.concat([
      bytes.subarray(0, at),
      Buffer.from("[{"[random(2)]!.repeat(1 + random(400))),
      bytes.subarray(at),
    ])
  },
  function swapTokens(bytes, random) {
    const text = bytes.toString("latin1")
    const tokens = text.match(token) ?? []
    if (tokens.length < 2) return bytes
    const [a, b] = [random(tokens.length), random(tokens.length)]
    let at = -1
    return Buffer.from(
      text.replace(token, (one) => ((at += 1), at === a ? tokens[b]! : at === b ? tokens[a]! : one)),
      "latin1",
    )
  },
  function dropLine(bytes, random) {
    const lines = bytes.toString("latin1").split("\n")
    lines.splice(random(lines.length), 1 + random(3))
    return Buffer.from(lines.join("\n"), "latin1")
  },
]

/** One to four changes, one after the other. */
export function mutate(bytes: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  let result = bytes
  for (let left = 1 + random(4); left > 0; left--) result = changes[random(changes.length)]!(result, random, others)
  return result
}
