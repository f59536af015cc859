import { selectorFields } from "../../core/metadata.ts"
import { type Opened } from "../../core/document.ts"
import { recipientName } from "../../keys/kinds.ts"
import { decodeText } from "../../core/text.ts"
import { AppError } from "../../errors/app-error.ts"
import { openAlone } from "../open/open-alone.ts"
import { readByContent } from "../open/read-as.ts"
import { type Session } from "../session.ts"
import { sottoLines } from "./metadata-text.ts"
import { redactedToken, redactedView, redactTokens } from "./redacted-view.ts"

/**
 * What a person with a key sees of a text: its plaintext, and who it is for. Without a key, or where something does not
 * hold, the redacted view that says so; a text that is not sealed stays as it is.
 */
export async function openedView(session: Session, text: string, name: string): Promise<string> {
  let isRead = false
  try {
    const document = await readByContent(text, name)
    isRead = true
    const { opened, dataKey } = await openAlone(session, document)
    dataKey.wipe()
    return viewOf(opened)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === "NOT_SEALED") return text
    if (!isRead && error.code !== "TOO_LARGE") return redactTokens(text)
    return redactedView(text, `not opened: ${reasonOf(error)}`)
  }
}

function reasonOf({ code }: AppError): string {
  if (code === "DATA_KEY") return "no identity here"
  return code === "TOO_LARGE" ? "the file exceeds a limit" : "MAC mismatch"
}

function viewOf(opened: Opened): string {
  const text = decodeText(opened.bytes)
  const plain = text ?? binaryLines(opened)
  return [plain, plain === "" || plain.endsWith("\n") ? "" : "\n", ...linesOf(opened)].join("")
}

/** The token distinguishes contents; a hash of the content would let people guess. */
function binaryLines({ bytes, leaves }: Opened): string {
  const token = leaves.find((leaf) => leaf.token !== null)?.token ?? ""
  return `# sotto: binary, ${bytes.length} bytes\n${redactedToken(token)}\n`
}

function linesOf({ document: { metadata } }: Opened): string[] {
  const recipients = metadata.groups.flat().map(({ recipient }) => recipientName(recipient))
  const selectors = selectorFields.flatMap(([name, field]) => {
    const value = metadata.selectors[name]
    return value === "" ? [] : [`${field} ${value}`]
  })
  const threshold = metadata.threshold > 0 ? [`threshold ${metadata.threshold}`] : []
  const mac = metadata.macOnlyEncrypted ? ["MAC only encrypted"] : []
  return sottoLines([...new Set(recipients)], [...threshold, ...selectors, ...mac])
}
