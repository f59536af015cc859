// The reference of the library, from the docstrings of what src/index.ts exports.
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** The text of docs/api/README.md. */
export function apiPage(root, generated) {
  const declarations = exportsOf(root).map(({ name, file }) => declaration(name, readFileSync(file, "utf8")))
  const kinds = [
    ["Functions", "function"],
    ["Classes", "class"],
    ["Types", "interface"],
    ["Types", "type"],
    ["Constants", "const"],
  ]
  const parts = [
    "# API",
    generated,
    'Everything that `import { ... } from "sotto"` gives. [library.md](../library.md) has examples.',
  ]
  for (const title of new Set(kinds.map(([each]) => each))) {
    const own = declarations.filter(({ kind }) => kinds.some(([each, name]) => each === title && name === kind))
    if (own.length === 0) continue
    parts.push(`## ${title}`)
    for (const { name, text, doc } of own)
      parts.push(`### ${name}`, ...(doc === "" ? [] : [doc]), `\`\`\`ts\n${text}\n\`\`\``)
  }
  return `${parts.join("\n\n")}\n`
}

function exportsOf(root) {
  const index = join(root, "src/index.ts")
  return [...readFileSync(index, "utf8").matchAll(/export \{([\s\S]*?)\} from "([^"]+)"/g)].flatMap(([, names, from]) =>
    names
      .split(",")
      .map((name) => name.trim().replace(/^type /, ""))
      .filter((name) => name !== "")
      .map((name) => ({ name, file: join(dirname(index), from) })),
  )
}

function declaration(name, source) {
  const match = new RegExp(
    `(/\\*\\*(?:(?!\\*/)[\\s\\S])*?\\*/\\n)?export (?:async )?(function|class|interface|type|const) ${name}\\b`,
  ).exec(source)
  if (match === null) throw new Error(`nothing in the sources declares ${name}`)
  const [, comment = "", kind] = match
  const start = match.index + comment.length
  return { name, kind, doc: prose(comment), text: body(source, start, kind).replace(/^export /, "") }
}

/** A function's signature; any other declaration whole, classes without what is private or has a body. */
function body(source, start, kind) {
  if (kind === "function") return source.slice(start, source.indexOf(" {\n", start))
  if (kind === "type" || kind === "const")
    return source.slice(start, source.slice(start).search(/\n(?=\n|export|\/\*\*)/) + start)
  const text = source.slice(start, source.indexOf("\n}", start) + 2)
  return kind === "class" ? `${text.slice(0, text.indexOf("\n\n"))}\n}` : text
}

function prose(comment) {
  const lines = comment
    .replace(/^\/\*\*\s?/, "")
    .replace(/\s*\*\/\n$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
  return lines
    .join("\n")
    .replace(/^@(returns|throws|param|see)/gm, "\n**$1**")
    .trim()
}
