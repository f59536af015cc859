import { AppError } from "../../../errors/app-error.ts"
import { type Action } from "../commands.ts"
import { type Session } from "../../../app/session.ts"
import { visible, explained } from "../messages.ts"
import { askYesOrNo } from "../questions.ts"

export const keyserviceAction: Action = async (session, { flags }) => {
  const network = flags.text("network")
  const address = flags.optional("address")
  const { serveKeys } = await import("../../../app/commands/keyservice.ts")
  try {
    if (network !== "" && network !== "tcp" && network !== "unix") {
      throw new AppError("KEYSERVICE_LISTEN", {}, { asUpstream: `listen ${network}: unknown network ${network}` })
    }
    return await serveKeys(session, {
      network: network === "unix" ? "unix" : "tcp",
      address,
      prompt: flags.isOn("prompt"),
      confirm: ({ isWrap, recipient }) => ask(session, isWrap ? "encrypt" : "decrypt", recipient),
    })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const text = await explained(error)
    session.log?.({ level: "error", logger: "CMD", text: `Error running keyservice: ${text}` })
    return { fatal: text }
  }
}

/** Before the work is done, other than upstream. Whoever gives no answer says no. */
async function ask({ io }: Session, what: string, recipient: string): Promise<boolean> {
  const question = `\nReceived ${what} request using ${visible(recipient)}. Respond to request? (y/n): `
  try {
    return await askYesOrNo(io, question)
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}
