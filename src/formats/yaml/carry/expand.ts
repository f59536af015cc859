import { type Alias, type Site } from "../../../core/site.ts"
import { type Edit } from "../../../core/text.ts"
import { assert } from "../../../errors/app-error.ts"
import { type YamlScan } from "../resolve/model.ts"
import { type ScalarNode, type YamlNode } from "../scan/node.ts"
import { fitsOneLine, shapeOf } from "./quote.ts"
import { flowPlace, keyPlace, spellScalar, spellText } from "./spell.ts"

type Leaf = (site: Site) => string | null

/**
 * Writes an alias out in full, on one line: a scalar as it is, a collection in flow style. Its comments are left out.
 *
 * @param leaf - the token of a virtual site, `null` where its value stays in the clear
 */
export function expand(scan: YamlScan, alias: Alias, leaf: Leaf): Edit {
  const entry = scan.entries.get(alias.item)
  const node = entry?.value
  assert(node?.type === "alias", "an alias is written out where it stands")
  const text = new Expansion(scan.source, virtualSites(scan, alias), leaf).write(
    node.target,
    entry?.parent?.flow === true,
  )
  return { ...alias.span, text }
}

const sitesOf = new WeakMap<YamlScan, Map<Alias, Site[]>>()

/** All sites that an alias leads to, in the order of the walk. */
function virtualSites(scan: YamlScan, alias: Alias): readonly Site[] {
  let known = sitesOf.get(scan)
  if (known === undefined) {
    known = new Map()
    for (const site of scan.sites) {
      if (site.alias === undefined || site.kind === "comment") continue
      const list = known.get(site.alias)
      if (list === undefined) known.set(site.alias, [site])
      else list.push(site)
    }
    sitesOf.set(scan, known)
  }
  return known.get(alias) ?? []
}

/** Walks a target as the scan did, so that its sites come in the same order. */
class Expansion {
  readonly #source: string
  readonly #sites: readonly Site[]
  readonly #leaf: Leaf
  #next = 0

  constructor(source: string, sites: readonly Site[], leaf: Leaf) {
    this.#source = source
    this.#sites = sites
    this.#leaf = leaf
  }

  write(node: YamlNode, isFlow: boolean): string {
    switch (node.type) {
      case "alias":
        return this.write(node.target, isFlow)
      case "map":
        if (node.pairs.length === 0) return this.#empty("{}")
        return `${customTag(node)}{${node.pairs.map(({ key, value }) => `${this.#key(key)}: ${this.write(value, true)}`).join(", ")}}`
      case "list":
        if (node.items.length === 0) return this.#empty("[]")
        return `${customTag(node)}[${node.items.map((item) => this.write(item, true)).join(", ")}]`
      case "scalar":
        return this.#scalar(node, isFlow)
    }
  }

  #take(): Site {
    const site = this.#sites[this.#next++]
    assert(site !== undefined, "every leaf behind an alias is a site")
    return site
  }

  #empty(text: string): string {
    this.#take()
    return text
  }

  #scalar(node: ScalarNode, isFlow: boolean): string {
    const site = this.#take()
    const token = this.#leaf(site)
    if (token !== null) return isFlow ? `"${token}"` : token
    if (site.scalar === null) return "null"
    return this.#asWritten(node) ?? spellScalar(site.scalar, flowPlace)
  }

  /** The spelling of the target, if it fits on one line of a flow collection: `0x1F` stays `0x1F`. */
  #asWritten(node: ScalarNode): string | null {
    const text = this.#source.slice(node.span.start, node.span.end)
    const fits = node.style === "plain" ? shapeOf(text).flowPlainAllowed : node.block === null && fitsOneLine(text)
    if (!fits) return null
    return node.tag === "" ? text : `${node.tag} ${text}`
  }

  /** Keys are not sites. */
  #key(key: YamlNode): string {
    const node = key.type === "alias" ? key.target : key
    if (node.type !== "scalar") return "null"
    const written = this.#asWritten(node)
    if (written !== null) return written
    return node.style === "plain" ? spellText(node.value, flowPlace) : spellText(node.value, keyPlace)
  }
}

function customTag({ tag, shortTag }: YamlNode): string {
  return tag === "" || shortTag.startsWith("!!") ? "" : `${tag} `
}
