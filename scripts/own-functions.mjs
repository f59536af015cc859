// What the single binary tells the engine about its own functions needs a list of them, chunk by chunk.
import { parseAst } from "rolldown/parseAst"

/**
 * A chunk that also exports, as `$functions`, a function that lists its functions, and what has some as properties.
 *
 * What is private in a class is on no list, so private methods get names of their own. Fields stay private.
 *
 * @param {string} text - a chunk: the text of one function
 */
export function withFunctions(text) {
  const [{ expression }] = parseAst(text).body
  const { body } = unwrapped(expression)
  const edits = privateMethods(body)
  const last = body.end - 1
  const { functions, holders } = namesIn(body.body)
  edits.push({
    start: last,
    end: last,
    text: `;exports.$functions=()=>({functions:[${functions}],holders:[${holders}]});`,
  })
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((before, edit) => before.slice(0, edit.start) + edit.text + before.slice(edit.end), text)
}

function unwrapped(expression) {
  return expression.type === "ParenthesizedExpression" ? unwrapped(expression.expression) : expression
}

/** @returns names of functions, and what has functions as its properties */
function namesIn(statements) {
  const functions = []
  const holders = []
  const add = (name, { type }) => {
    if (type === "FunctionDeclaration" || type === "FunctionExpression" || type === "ArrowFunctionExpression") {
      functions.push(name)
    } else if (type === "ClassDeclaration" || type === "ClassExpression") holders.push(`${name}.prototype`)
    else if (type === "ObjectExpression") holders.push(name)
  }
  for (const statement of statements) {
    if (statement.type === "VariableDeclaration") {
      for (const { id, init } of statement.declarations) if (init !== null) add(id.name, init)
    } else add(statement.id?.name, statement)
  }
  return { functions, holders }
}

/** Edits that make private methods public, where no class above or below can have one of the same name. */
function privateMethods(root) {
  const uses = []
  const methods = new Set()
  const others = new Set()
  visit(root, (node) => {
    if (node.type === "PrivateIdentifier") uses.push(node)
    if (node.type !== "ClassDeclaration" && node.type !== "ClassExpression") return
    for (const { type, key, static: isStatic } of node.body.body) {
      if (key?.type !== "PrivateIdentifier") continue
      const isPlain = type === "MethodDefinition" && !isStatic && node.superClass === null
      ;(isPlain ? methods : others).add(key.name)
    }
  })
  return (
    uses
      .filter(({ name }) => methods.has(name) && !others.has(name))
      // A mark needs no space before it, as in `async#name`; a name does.
      .map(({ start, end, name }) => ({ start, end, text: ` $_${name}` }))
  )
}

function visit(node, look) {
  look(node)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === "object" && child !== null && typeof child.type === "string") visit(child, look)
    }
  }
}
