import { type Leaf } from "../../../core/document.ts"
import { type SealedReading } from "../../../core/format.ts"
import { LeafCheck } from "../../../core/leaf-check.ts"
import { METADATA_KEY } from "../../metadata-block.ts"
import { spelledAlone } from "../carry/carry.ts"
import { type ValueStyle, type YamlScan, type YamlSite } from "../resolve/model.ts"
import { metadataOf, scanYaml } from "../scan.ts"
import { type ScalarStyle } from "../scan/node.ts"
import { CheckSink } from "./confirm.ts"
import { type SimpleScalar, readSimple } from "./simple.ts"
import { NodeSink } from "./simple-nodes.ts"
import { blockOf } from "./simple-sites.ts"

/**
 * Reads plain YAML that was just sealed, with tokens in place of the values, in the quotes that these had. Its sites are
 * made when somebody asks for them.
 */
export function readSealedYaml(source: string, leaves: readonly Leaf[]): SealedReading | null {
  const nodes = new NodeSink(source)
  const sink = new SealedSink(source, METADATA_KEY, new LeafCheck(leaves, null, true), nodes)
  if (!readSimple(source, sink) || !sink.check.isComplete || sink.metadata === null) return null
  const { pair, block } = blockOf(source, { ...sink.metadata, nodes })
  let known: YamlScan | null = null
  const whole = (): YamlScan => (known ??= scanYaml(source))
  const scan: YamlScan = {
    source,
    metadata: metadataOf([pair], [[block]]),
    aliases: [],
    documents: 1,
    get sites() {
      return whole().sites
    },
    get roots() {
      return whole().roots
    },
    get docs() {
      return whole().docs
    },
    get entries() {
      return whole().entries
    },
  }
  const spelled = ({ site, scalar }: Leaf): string | null => spelledAlone(site as YamlSite, scalar!)
  return { scan, places: sink.check.sealed!, spelled }
}

class SealedSink extends CheckSink {
  override scalar(scalar: SimpleScalar): void {
    if (!isCarrierOf(this.check.next, scalar.style)) this.check.isSame = false
    super.scalar(scalar)
  }
}

/** Whether a token stands in the quotes of its value, alone on a line: these tell how it opens. */
function isCarrierOf(leaf: Leaf | undefined, style: ScalarStyle): boolean {
  if (leaf === undefined || leaf.token === null) return true
  return (leaf.site as YamlSite).style.type === "value" && (leaf.site.style as ValueStyle).simple === style
}
