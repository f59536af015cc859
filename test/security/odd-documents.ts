import { canary } from "../canary.ts"

/** A plain document with the canary in one or many of its odd places. */
export interface OddDocument {
  readonly name: string
  readonly suffix: ".yaml" | ".json" | ".env" | ".ini"
  readonly text: string
}

const c = canary

const yaml: Readonly<Record<string, string>> = {
  values: `a: ${c}\nb: "${c}"\nc: '${c}'\nd: |\n  ${c}\n  x\ne: >-\n  ${c}\n  y\nf: [${c}, {g: ${c}}]\n# ${c}\n`,
  "alias as a key": `p: &p ${c}\n*p : x\n`,
  "alias as an explicit key": `p: &p ${c}\n? *p\n: x\n`,
  "alias as a key in flow": `p: &p ${c}\nq: {*p : x, y: z}\n`,
  "alias as an explicit key in flow": `p: &p "${c}"\nq: {? *p : x}\n`,
  "alias as a key behind an alias": `p: &p ${c}\nq: &q {*p : x}\nr: *q\ns:\n  <<: *q\n  *p : y\n`,
  "alias as a key above others": `p: &p ${c}\n*p :\n  - a: &a 1\n    b: *a\n  - "a:b": 1\n    a: {b: 2}\n`,
  "alias as a key that is ambiguous": `p: &p "a:${c}"\n*p : 1\na: {${c}: 2}\n`,
  "alias as a key of a clear value": `p: &p ${c}\n*p :\n  x_unencrypted: *p\n`,
  "alias as a key in a second document": `p: 1\n---\np: &p ${c}\n*p : x\nsops: {}\n`,
  "alias to a list element": `l:\n  - &p ${c}\n  - *p\nq_unencrypted: *p\n`,
  "anchor of a block": `p: &p |\n  ${c}\n  two\n? *p\n: x\nq_unencrypted: *p\n`,
  "unknown alias": `password: *${c}\n`,
  "unknown alias as a key": `*${c} : x\n`,
  "anchor by the name of a secret": `password: &${c}\nother: &${c}2 x\nq_unencrypted: *${c}2\n`,
  "tag by the name of a secret": `password: !${c} x\nother: !<tag:${c}> y\nthird: !h!${c} z\n`,
  "value that does not fit its tag": `a: !!int ${c}\nb: !!float ${c}\n`,
  "key that does not fit its tag": `? !!int ${c}\n: x\n`,
  "complex keys": `? [${c}, b]\n: x\n? {k: ${c}}\n: y\n`,
  "block as a key": `? |\n  ${c}\n: x_y\n`,
  "anchored key": `&k "a:${c}": 1\na: {${c}: *k}\n`,
  "merge of a value": `p: &p ${c}\n<<: *p\n`,
  "merge of values": `base: &b {a: ${c}}\nx:\n  <<: [*b, ${c}]\n`,
  directives: `%YAML 1.2\n%TAG !c! tag:${c},2000:\n%${c.toUpperCase()} ${c}\n---\na: !c!x ${c}\n`,
  "no mapping at the root": `- ${c}\n- "${c}"\n`,
  "scalar at the root": `"${c}"\n`,
  // What git writes behind its marks are names of branches, which no rule would seal.
  "conflict markers": `<<<<<<< HEAD\na: ${c}\n=======\na: b ${c}\n>>>>>>> feature/x\n`,
  "key that stands twice": `a: ${c}\na: ${c}\n`,
  "metadata of its own": `a: ${c}\nsops:\n  mac: ${c}\n  lastmodified: "${c}"\n  version: ${c}\n`,
}

const json: Readonly<Record<string, string>> = {
  values: `{"a": "${c}", "b": ["${c}", {"c": "${c}\\u0041"}], "d": 12345678901234567890}\n`,
  "ambiguous keys": `{"a:b": "${c}", "a": {"b": "${c}"}}\n`,
  "list at the root": `["${c}", 1]\n`,
  "text at the root": `"${c}"\n`,
  "text behind it": `{"a": "${c}"} ${c}\n`,
  "metadata of its own": `{"a": "${c}", "sops": {"mac": "${c}", "lastmodified": "${c}", "age": "${c}"}}\n`,
}

const dotenv: Readonly<Record<string, string>> = {
  values: `# ${c}\nA=${c}\nB="${c}"\nexport C='${c}'\nD=a\\n${c}\n`,
  "no equal sign": `A=1\n${c}\n`,
  "key that stands twice": `A=${c}\nA=${c}\n`,
  "metadata of its own": `A=${c}\nsops_mac=${c}\nsops_age__list_0__map_enc=${c}\n`,
}

const ini: Readonly<Record<string, string>> = {
  values: `; ${c}\n[s]\na = ${c}\nb = "${c}"\nc = x ; ${c}\n`,
  "no equal sign": `[s]\n${c}\n`,
  "open quote": `[s]\na = """${c}\n`,
  "open section": `[s\na = ${c}\n`,
  "key that stands twice": `[s]\na = ${c}\na = ${c}\n[s]\nb = ${c}\n`,
  "metadata of its own": `[s]\na = ${c}\n[sops]\nmac = ${c}\n`,
}

function ofFormat(suffix: OddDocument["suffix"], texts: Readonly<Record<string, string>>): OddDocument[] {
  return Object.entries(texts).map(([name, text]) => ({ name: `${suffix.slice(1)}: ${name}`, suffix, text }))
}

export const oddDocuments: readonly OddDocument[] = [
  ...ofFormat(".yaml", yaml),
  ...ofFormat(".json", json),
  ...ofFormat(".env", dotenv),
  ...ofFormat(".ini", ini),
]

const pieces = ["", "\n", ": ", '"', "'", "*p", "? ", "{", "]", "#", "\t", "&k ", "!t ", "=", "\\", "|\n"]

/** The text broken at one place: cut there, or with a byte replaced by what means something to a parser. */
export function broken(text: string, at: number, how: number): string {
  const piece = pieces[how % (pieces.length + 1)]
  return piece === undefined ? text.slice(0, at) : text.slice(0, at) + piece + text.slice(at + 1)
}

/** In how many ways a text is broken at each place. */
export const waysToBreak = pieces.length + 1
