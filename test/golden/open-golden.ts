import { compileSelectors } from "../../src/config/re2.ts"
import { kindsInFile } from "../../src/keys/kinds.ts"
import { checkReadable, type Opened, readSealed } from "../../src/core/document.ts"
import { type FormatName } from "../../src/core/format.ts"
import { Cipher } from "../../src/core/gcm.ts"
import { open } from "../../src/core/open.ts"
import { decodeText } from "../../src/core/text.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { loadFormat } from "../../src/formats/registry.ts"
import { unwrapDataKey } from "../../src/keys/unwrap.ts"
import { testContext } from "../keys/context.ts"

/** Opens sealed bytes as the use cases do, with nothing but the given environment. */
export async function openBytes(
  bytes: Uint8Array,
  format: FormatName,
  { env, answers = [] }: { env: Record<string, string>; answers?: readonly string[] },
): Promise<Opened> {
  const text = decodeText(bytes)
  if (text === null) throw new AppError("NOT_SEALED")
  const document = readSealed(await loadFormat(format), text, kindsInFile)
  checkReadable(document)
  const selectors = await compileSelectors(document.metadata.selectors, { refuseInvalid: false })
  const { groups, threshold } = document.metadata
  const dataKey = await unwrapDataKey(groups, threshold, {
    context: testContext({ env: { PATH: process.env["PATH"] ?? "", ...env }, answers }),
  })
  return open(document, { cipher: new Cipher(dataKey), selectors, requireStructure: false })
}
