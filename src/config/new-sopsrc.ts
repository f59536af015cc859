import { Document, isMap, isScalar, isSeq, Scalar } from "yaml"

/**
 * The first `.sopsrc` of a repository.
 *
 * @param people - names and recipients; all may read everything
 */
export function newSopsrc(people: readonly (readonly [name: string, recipient: string])[]): string {
  const document = new Document({ version: 1 }, { version: "1.1" })
  const put = (name: string, value: unknown): void => {
    const key = new Scalar(name)
    key.spaceBefore = true
    document.set(key, document.createNode(value))
  }
  put("recipients", Object.fromEntries(people))
  put("rules", [{ path: "*", recipients: people.map(([name]) => name) }])

  const { contents } = document
  const rule = document.getIn(["rules", 0], true)
  if (contents === null || !isMap(rule)) throw new Error("both were put there")
  contents.commentBefore =
    " Who can open which file, and what in it is sealed: docs/configuration.md of sotto explains every setting."
  rule.commentBefore = " The first rule that matches a file is used."
  const path = rule.get("path", true)
  if (isScalar(path)) path.type = Scalar.QUOTE_DOUBLE
  const names = rule.get("recipients", true)
  if (isSeq(names)) names.flow = true
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}
