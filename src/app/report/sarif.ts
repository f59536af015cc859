import { checkCodes, type CheckCode } from "../check/finding.ts"
import { version } from "../../version.ts"
import { type CheckReport, pathText } from "./check-report.ts"

/** The findings as SARIF 2.1.0, with one rule for each code. Paths are from the top of the repository. */
export function checkSarif({ findings }: CheckReport): string {
  const codes = Object.keys(checkCodes) as CheckCode[]
  const ruleIndex = new Map(codes.map((code, index) => [code, index]))
  const rules = codes.map((code) => {
    const { title, hint, severity } = checkCodes[code]
    return {
      id: code,
      shortDescription: { text: title },
      ...(hint === undefined ? {} : { help: { text: hint } }),
      defaultConfiguration: { level: severity },
    }
  })
  const results = findings.map(({ code, severity, file, line, path, message, hint }) => ({
    ruleId: code,
    ruleIndex: ruleIndex.get(code),
    level: severity,
    message: { text: hint === undefined ? message : `${message}. ${hint}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file), uriBaseId: "%SRCROOT%" },
          ...(line === undefined ? {} : { region: { startLine: line } }),
        },
        ...(path === undefined || path.length === 0
          ? {}
          : { logicalLocations: [{ fullyQualifiedName: pathText(path) }] }),
      },
    ],
  }))
  const driver = { name: "sotto", version, rules }
  const run = { tool: { driver }, columnKind: "utf16CodeUnits", results }
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] })}\n`
}

/** A path as the path of a URI: special characters are escaped. Names that are not well-formed lose what is not. */
function uriOf(file: string): string {
  return file
    .split("/")
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join("/")
}
