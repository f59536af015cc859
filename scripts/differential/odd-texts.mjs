// JSON, dotenv and INI with what their readers disagree about.
import { oddYaml } from "./odd-yaml.mjs"

const jsonKeys = [
  "a",
  "b",
  "c",
  "",
  "a:b",
  "x_unencrypted",
  "é",
  "\\u0061",
  "1",
  "<<",
  "#",
  "a b",
  "__proto__",
  "\\n",
  "sops_x",
  "password",
]
const jsonScalars = [
  "1",
  "-0",
  "0",
  "-1",
  "1.0",
  "1.5",
  "1e3",
  "1E+21",
  "1e-7",
  "1e21",
  "123456789.123456789",
  "9007199254740993",
  "12345678901234567890",
  "-9223372036854775808",
  "1e400",
  "0.1",
  "true",
  "false",
  "null",
  '""',
  '"x"',
  '"a b"',
  '"\\u00e9"',
  '"\\ud83d\\udd11"',
  '"\\ud800"',
  '"\\u0000"',
  '"\\/\\b\\f"',
  '"<a>&"',
  '"é🔑"',
  '"\\u2028"',
  '"1"',
  '"null"',
  '"line\\nend"',
]

export function oddJson(dice) {
  const space = () => dice.pick(["", "", " ", "\n", "\n  ", "\t"])
  const value = (depth) => {
    const kind = dice.below(10)
    if (kind < 6 || depth > 3) return dice.pick(jsonScalars)
    if (kind < 8) return mapping(depth + 1)
    const items = Array.from({ length: dice.below(4) }, () => space() + value(depth + 1) + space())
    return `[${items.join(",")}]`
  }
  const mapping = (depth) => {
    const used = new Set()
    const pairs = Array.from({ length: dice.below(depth === 0 ? 6 : 4) }, () => {
      const key = dice.pick(jsonKeys)
      if (used.has(key) && !dice.chance(0.1)) return null
      used.add(key)
      return `${space()}"${key}"${space()}:${space()}${value(depth)}${space()}`
    })
    return `{${pairs.filter((pair) => pair !== null).join(",")}}`
  }
  const root = dice.chance(0.04) ? value(0) : mapping(0)
  const behind = dice.chance(0.06)
    ? dice.pick([" text", " {}", '\n{"b": 1}', " ,", " //", "}", "\u0000", " \t\r\n\n"])
    : dice.pick(["\n", "\n", ""])
  const text = `${dice.chance(0.03) ? dice.pick(["\uFEFF", "\n ", "\u00a0"]) : ""}${root}${behind}`
  return dice.chance(0.03) ? text.replaceAll("\n", "\r\n") : text
}

const names = [
  "A",
  "B",
  "C_D",
  "a.b",
  "export E",
  "",
  "F G",
  "X_unencrypted",
  "é",
  "sops",
  "1A",
  "#x",
  " H",
  "I ",
  "sops_x",
  "PASSWORD",
]
const dotenvValues = [
  "1",
  "",
  "x y",
  " x ",
  '"q"',
  "'q'",
  '"open',
  "x # y",
  "#x",
  "a=b",
  "x\\ny",
  "\\",
  "\\\\n",
  "é🔑",
  "$X",
  "${X}",
  "`x`",
  "x\ty",
  "x\\",
  "\\n",
  '"a\\nb"',
  "ENC[x]",
  "true",
  "null",
  "1e21",
]

export function oddDotenv(dice) {
  const lines = Array.from({ length: 1 + dice.below(6) }, () => {
    const kind = dice.below(30)
    if (kind < 3) return dice.pick(["# c", "#", "#A=1", " # c", "#\t"])
    if (kind === 3) return dice.pick(["", "  ", "\t"])
    if (kind === 4 && dice.chance(0.3)) return dice.pick(["nothing", "A", "A:1", "export A"])
    return `${dice.pick(names)}=${dice.pick(dotenvValues)}`
  })
  const end = dice.chance(0.1) ? "" : "\n"
  const text = lines.join(dice.chance(0.05) ? "\r\n" : "\n") + end
  return dice.chance(0.03) ? `\uFEFF${text}` : text
}

const iniKeys = ["a", "b", "c d", "a.b", "x_unencrypted", "é", "1", "-", "A", "password", '"q"', "`k`", "%(x)s"]
const iniValues = [
  "1",
  "",
  "x y",
  '"q"',
  "'q'",
  '"open',
  "x ; y",
  "x # y",
  "#x",
  ";x",
  "a=b",
  "a:b",
  "a;b",
  '"a # b"',
  '"""x"""',
  '"""x\ny"""',
  "`x`",
  "x \\\ny",
  "x \\",
  "%(a)s",
  "é🔑",
  "true",
  "1e21",
  "ENC[x]",
  "x\ty",
  "\\n",
]

export function oddIni(dice) {
  const lines = Array.from({ length: 1 + dice.below(7) }, () => {
    const kind = dice.below(30)
    if (kind < 3) return dice.pick(["; c", "# c", ";", "#", ";a = 1", " ; c"])
    if (kind < 7) return dice.pick(["[s]", "[t]", "[a.b]", "[DEFAULT]", "[ s ]", "[é]", "[s]  ; c", "[x_unencrypted]"])
    if (kind === 7) return ""
    if (kind === 8 && dice.chance(0.3)) return dice.pick(["flag", "[open", "[]", "= x", "sops"])
    return `${dice.chance(0.05) ? "  " : ""}${dice.pick(iniKeys)}${dice.pick([" = ", "=", " : ", " ="])}${dice.pick(iniValues)}`
  })
  const text = lines.join(dice.chance(0.05) ? "\r\n" : "\n") + (dice.chance(0.1) ? "" : "\n")
  return dice.chance(0.03) ? `\uFEFF${text}` : text
}

const kinds = [
  { format: "yaml", name: "doc.yaml", make: oddYaml, share: 6 },
  { format: "json", name: "doc.json", make: oddJson, share: 3 },
  { format: "dotenv", name: "doc.env", make: oddDotenv, share: 2 },
  { format: "ini", name: "doc.ini", make: oddIni, share: 2 },
  { format: "binary", name: "doc.bin", make: (dice) => dice.pick([oddYaml, oddJson, oddDotenv])(dice), share: 0.4 },
].flatMap((kind) => Array.from({ length: Math.round(kind.share * 5) }, () => kind))

/** @returns the bytes of a document of some format, by the name that it is to have */
export function oddDocument(dice) {
  const { format, name, make } = dice.pick(kinds)
  const bytes = Buffer.from(make(dice), "utf8")
  // A byte that is no UTF-8.
  if (bytes.length > 0 && dice.chance(0.02)) bytes[dice.below(bytes.length)] = 0xe9
  return { format, name, bytes }
}
