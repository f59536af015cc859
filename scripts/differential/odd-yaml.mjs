// YAML as people and programs write it, and as nobody should.

const keys =
  `a b c name "q r" 'it''s' x_unencrypted 1 -1 true no null ~ 0x1f 1.5 1e3 2001-12-14 "" a:b "a:b" é 🔑 key-with-dash
a.b @ = "tab\\there" [x] "[x]" ! "#h" k#h 'a b' password _ . .. 012 y n <a> "<<"`
    .split(/\s+(?=(?:[^"']|"[^"]*"|'[^']*')*$)/)
    .filter((key) => !["[x]", "@", "!"].includes(key))

const scalars = [
  ..."hunter2 'quoted' \"double\" '' \"\" ~ null Null NULL true True yes no on off y n 0 -0 +1 00 0777 0o17 0b11 0x1F 1_000 1e3 1E+21 1.0 1. .5 -.5 +.inf -.INF .nan .NaN 1:30 190:20:30 12345678901234567890 -9223372036854775808 18446744073709551616 0.1 1.10 1e400 1e-7 123456789.123456789 2001-12-14 2001-12-14t21:59:43.10-05:00 2001-1-1 = é 🔑 http://x.y/z?a=b#c a#b {} [] - 'it''s' ENC[x] ,a".split(
    " ",
  ),
  "two words",
  "2001-12-14 21:59:43.10 -5",
  "2001-12-15 2:59:43",
  "!!str 1",
  '!!int "3"',
  "!!int 0x1f",
  "!!float 1",
  "!!float 1e3",
  "!!binary aGVsbG8=",
  "!custom x",
  "!!null ''",
  '!!bool "true"',
  "!!timestamp 2001-01-01",
  "!!str",
  "!!str 2001-12-14",
  '! "x"',
  '"\\x41\\u00e9\\n\\t\\0\\e\\N\\_"',
  '"\\U0001F511 \\/ \\\\ \\""',
  '"ends \\\n    folded"',
  '"two\n\n    lines"',
  "'two\n    lines'",
  "plain over\n    lines",
  '" blanks "',
  "'#not a comment'",
  '"a: b"',
  "'- x'",
  "C:\\Users\\x",
  "a\tb",
  "x # comment",
  "x  \t# comment with tab",
]

const blocks = ["|", "|-", "|+", ">", ">-", ">+", "|2", ">1-", "| # comment", "|-2"]
const bodies = [
  "one",
  "one\ntwo",
  "one\n\ntwo\n",
  "  indented\nnot",
  "# no comment\nx",
  "a: b\n- c",
  "tab\there",
  "last\n\n\n",
  "",
  "é 🔑",
  " x",
  "ends in blanks  ",
]
const comments = ["# c", "#", "#c", "# c: d", "#  two  ", "# é", "# - x", "#\t", "##"]

/** A text of YAML with all that the format has. */
export function oddYaml(dice) {
  const anchors = { values: [], maps: [] }
  let count = 0
  const comment = (share, pad) => (dice.chance(share) ? `${pad}${dice.pick(comments)}\n` : "")
  const behind = () => (dice.chance(0.08) ? ` ${dice.pick(comments)}` : "")
  const anchor = (isMap) => {
    if (!dice.chance(0.07)) return ""
    const name = dice.pick([`x${count++}`, `a-${count++}`, `x${count}`])
    anchors[isMap ? "maps" : "values"].push(name)
    return `&${name} `
  }
  const alias = () => `*${dice.pick([...anchors.values, ...anchors.maps])}`
  const hasAlias = () => anchors.values.length + anchors.maps.length > 0

  const flow = (depth) => {
    if (hasAlias() && dice.chance(0.1)) return `${alias()} `
    if (depth > 1 || dice.chance(0.6)) {
      const scalar = dice.pick(scalars.filter((text) => !/[\n#,[\]{}]/.test(text)))
      return anchor(false) + scalar
    }
    const items = Array.from({ length: dice.below(4) }, () => flow(depth + 1))
    if (dice.chance(0.5))
      return `[${items.join(dice.pick([", ", ",\n      ", " , "]))}${dice.chance(0.1) && items.length > 0 ? "," : ""}]`
    const pairs = items.map((item) => `${dice.pick(keys)}${dice.pick([": ", " : "])}${item}`)
    if (anchors.maps.length > 0 && dice.chance(0.1)) pairs.push(`<<: *${dice.pick(anchors.maps)}`)
    if (dice.chance(0.05)) pairs.push(dice.pick(keys))
    return `{${pairs.join(", ")}}`
  }

  /** What is behind `key:` or `-`, with its line end. */
  const value = (indent, depth) => {
    const pad = " ".repeat(indent)
    const kind = dice.below(20)
    if (hasAlias() && dice.chance(0.1)) return ` ${alias()}${behind()}\n`
    if (kind < 9 || depth > 3) return ` ${anchor(false)}${dice.pick(scalars)}${behind()}\n`
    if (kind < 10) return `${behind()}\n`
    if (kind < 12) {
      const head = dice.pick(blocks)
      const explicit = /\d/.exec(head)
      const inner =
        explicit === null ? `${pad}  ` : pad.slice(0, Math.max(0, indent - 2)) + " ".repeat(Number(explicit[0]))
      const lines = dice.pick(bodies).split("\n")
      return ` ${anchor(false)}${head}\n${lines.map((line) => (line === "" ? "" : inner + line)).join("\n")}\n`
    }
    if (kind < 14) return ` ${flow(0)}${behind()}\n`
    if (kind < 17) return ` ${anchor(true).trimEnd()}${behind()}\n${mapping(indent, depth + 1)}`
    return `${behind()}\n${sequence(dice.chance(0.4) ? Math.max(0, indent - 2) : indent, depth + 1)}`
  }

  const mapping = (indent, depth) => {
    const pad = " ".repeat(indent)
    const used = new Set()
    let text = ""
    for (let left = 1 + dice.below(depth === 0 ? 5 : 3); left > 0; left--) {
      text += comment(0.08, dice.chance(0.2) ? "" : pad)
      if (dice.chance(0.04)) text += "\n"
      const key = dice.pick(keys)
      if (used.has(key) && !dice.chance(0.03)) continue
      used.add(key)
      if (anchors.maps.length > 0 && dice.chance(0.08)) {
        text += `${pad}<<: ${dice.pick([`*${dice.pick(anchors.maps)}`, `[*${anchors.maps.join(", *")}]`, "{m: 1}"])}\n`
      } else if (dice.chance(0.02))
        text += `${pad}? ${dice.pick([flow(0), key, "|\n" + pad + "    k"])}\n${pad}:${value(indent + 2, depth)}`
      else if (dice.chance(0.01) && hasAlias()) text += `${pad}${alias()} :${value(indent + 2, depth)}`
      else text += `${pad}${key}${dice.chance(0.05) ? " " : ""}:${value(indent + 2, depth)}`
    }
    return text === "" ? `${pad}z: 1\n` : text
  }

  const sequence = (indent, depth) => {
    const pad = " ".repeat(indent)
    let text = ""
    for (let left = 1 + dice.below(3); left > 0; left--) {
      text += comment(0.06, pad)
      if (dice.chance(0.15) && depth < 3) {
        const inner = mapping(indent + 2, depth + 1)
        text +=
          inner.startsWith(`${pad}  `) && !inner.trimStart().startsWith("#")
            ? `${pad}- ${inner.slice(indent + 2)}`
            : `${pad}-\n${inner}`
      } else if (dice.chance(0.06) && depth < 3) text += `${pad}- ${sequence(indent + 2, depth + 1).slice(indent + 2)}`
      else text += `${pad}-${value(indent + 2, depth)}`
    }
    return text
  }

  const root = () => {
    const kind = dice.below(40)
    if (kind === 0)
      return dice.pick([
        "null\n",
        "~\n",
        "\n",
        "# only\n",
        "{}\n",
        "[]\n",
        "- a\n",
        "text\n",
        '"x"\n',
        "!!map {a: 1}\n",
      ])
    if (kind === 1) return `${flow(0)}\n`
    return mapping(0, 0)
  }
  let text = dice.chance(0.03)
    ? dice.pick(["%YAML 1.1\n---\n", "%YAML 1.2\n---\n", "%TAG ! tag:x,2000:\n---\n"])
    : dice.chance(0.1)
      ? dice.pick(["---\n", "--- # c\n", "# head\n---\n", "# head\n\n"])
      : ""
  text += root()
  while (dice.chance(0.12)) {
    text += dice.pick(["---\n", "--- # c\n", "...\n---\n", "---\n# c\n"])
    anchors.values.length = 0
    anchors.maps.length = 0
    text += root()
  }
  if (dice.chance(0.05)) text += dice.pick(["...\n", "# last\n", "\n\n", "---\n"])
  if (dice.chance(0.04)) text = text.replaceAll("\n", "\r\n")
  if (dice.chance(0.02)) text = `\uFEFF${text}`
  if (dice.chance(0.05)) text = text.replace(/\n+$/, "")
  return text
}
