import { type Scan } from "../../../src/core/format.ts"
import { fullPath } from "../../../src/core/site.ts"
import { utf8 } from "../../../src/core/text.ts"
import { type Tree } from "../../../src/core/tree.ts"

/** A document as plain data that tests can compare: mappings as lists of pairs, so that their order counts. */
export type Model = { map: [string, Model][] } | { list: Model[] } | { leaf: string }

/** The first document of a scan. Comments are no data. */
export function modelOf({ sites }: Scan): Model {
  const root: Model = { map: [] }
  for (const site of sites) {
    let top = site.item
    while (top.parent !== null) top = top.parent
    if (top.index !== 0 || site.kind === "comment") continue
    put(root, fullPath(site.item), leafOf(site.kind, site.scalar === null ? "" : utf8.decode(site.scalar.bytes)))
  }
  return root
}

function leafOf(kind: string, text: string): Model {
  if (kind === "map") return { map: [] }
  if (kind === "list") return { list: [] }
  return { leaf: `${kind} ${text}` }
}

function put(root: Model, path: readonly (string | number)[], leaf: Model): void {
  if (path.length === 0) return
  let at = root
  for (const [depth, part] of path.entries()) {
    const next = path[depth + 1]
    const child = childOf(at, part)
    if (child !== undefined) {
      at = child
      continue
    }
    const made: Model = next === undefined ? leaf : typeof next === "string" ? { map: [] } : { list: [] }
    if ("map" in at && typeof part === "string") at.map.push([part, made])
    else if ("list" in at) at.list.push(made)
    at = made
  }
}

function childOf(model: Model, part: string | number): Model | undefined {
  if ("map" in model) return model.map.findLast(([key]) => key === part)?.[1]
  return "list" in model && typeof part === "number" ? model.list[part] : undefined
}

export function modelOfTree(tree: Tree): Model {
  switch (tree.type) {
    case "map":
      return {
        map: tree.entries.flatMap((e) =>
          e.type === "entry" ? [[e.key, modelOfTree(e.value)] as [string, Model]] : [],
        ),
      }
    case "list":
      return { list: tree.items.flatMap((item) => (item.type === "comment" ? [] : [modelOfTree(item)])) }
    case "scalar":
      return { leaf: `${tree.scalar.kind} ${utf8.decode(tree.scalar.bytes)}` }
    case "null":
      return { leaf: "null " }
  }
}

/** What upstream's `set` makes of data. */
export function modelSet(model: Model, path: readonly (string | number)[], value: Model): Model {
  const [part, ...rest] = path
  if (part === undefined) return value
  if ("map" in model && typeof part === "string") {
    const index = model.map.findIndex(([key]) => key === part)
    if (index === -1) return { map: [...model.map, [part, modelSet({ leaf: "" }, rest, value)]] }
    return { map: model.map.map(([key, old], i) => [key, i === index ? modelSet(old, rest, value) : old]) }
  }
  if ("list" in model && typeof part === "number") {
    if (part >= model.list.length) return { list: [...model.list, modelSet({ leaf: "" }, rest, value)] }
    return { list: model.list.map((old, i) => (i === part ? modelSet(old, rest, value) : old)) }
  }
  return typeof part === "string"
    ? { map: [[part, modelSet({ leaf: "" }, rest, value)]] }
    : { list: [modelSet({ leaf: "" }, rest, value)] }
}

export function modelUnset(model: Model, path: readonly (string | number)[]): Model {
  const [part, ...rest] = path
  if ("map" in model) {
    const index = model.map.findIndex(([key]) => key === part)
    if (rest.length === 0) return { map: model.map.filter((_, i) => i !== index) }
    return { map: model.map.map(([key, old], i) => [key, i === index ? modelUnset(old, rest) : old]) }
  }
  if ("list" in model) {
    if (rest.length === 0) return { list: model.list.filter((_, i) => i !== part) }
    return { list: model.list.map((old, i) => (i === part ? modelUnset(old, rest) : old)) }
  }
  return model
}

/** Every path into a model that is no leaf of an alias. */
export function pathsOf(model: Model, path: readonly (string | number)[] = []): (string | number)[][] {
  const inner =
    "map" in model
      ? model.map.flatMap(([key, child]) => pathsOf(child, [...path, key]))
      : "list" in model
        ? model.list.flatMap((child, index) => pathsOf(child, [...path, index]))
        : []
  return path.length === 0 ? inner : [[...path], ...inner]
}
