import { AppError } from "../../../errors/app-error.ts"
import { type Action } from "../commands.ts"
import { explain } from "../messages.ts"

export const keyservice: Action = async (session, { flags }) => {
  const network = flags.text("network")
  const address = flags.optional("address")
  const { serveKeys } = await import("../../../app/keyservice.ts")
  try {
    if (network !== "" && network !== "tcp" && network !== "unix") {
      throw new AppError("KEYSERVICE_LISTEN", {}, { asUpstream: `listen ${network}: unknown network ${network}` })
    }
    return await serveKeys(session, {
      network: network === "unix" ? "unix" : "tcp",
      address,
      prompt: flags.isOn("prompt"),
    })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const text = await explain(error)
    session.log?.({ level: "error", logger: "CMD", text: `Error running keyservice: ${text}` })
    return { fatal: text }
  }
}
