import { buildTrees } from "../../core/build-tree.ts"
import { type Opened, type Unverified } from "../../core/document.ts"
import { emitOptions, valueBytes } from "../open/print.ts"
import { findInTree, refuseShadowed, withoutEmptyTop, parseTreePath } from "../open/tree-path.ts"
import { openFile, openFileUnverified, type OpenedFile, withFile } from "../open/open-file.ts"
import { type CommonOptions, type IndentOptions, type OrderOptions, type Source, type TypeOptions } from "../options.ts"
import { type Outcome, type Session } from "../session.ts"

interface GetOptions extends CommonOptions, TypeOptions, IndentOptions, OrderOptions {
  readonly file: Source
  /** `["a"][0]["b"]` or `a[0].b`. */
  readonly path: string
  readonly ignoreMac: boolean
}

/** `get`: one value of a sealed file. */
export async function getValue(session: Session, options: GetOptions): Promise<Outcome> {
  const path = parseTreePath(options.path, 91)
  const request = { ...options, source: options.file, valuesOnly: true }
  const file: OpenedFile<Opened | Unverified> = options.ignoreMac
    ? await openFileUnverified(session, request)
    : await openFile(session, request)
  try {
    const output = await withFile(file.file, async () => {
      refuseShadowed(file.opened, path)
      const { format, scan } = file.document
      const [root] = buildTrees(file.opened.leaves, scan.documents)
      const to = options.outputType ?? format.name
      return valueBytes(
        findInTree(withoutEmptyTop(root!, format), path),
        to,
        await emitOptions(file, to, options.indent),
      )
    })
    return { output }
  } finally {
    file.dataKey.wipe()
  }
}
