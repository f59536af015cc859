import { oneLine } from "../../errors/display.ts"
import { type KeyContext } from "../provider.ts"
import { decodeBase64 } from "../../core/base64.ts"
import { type Channel, pluginFailed, withPlugin } from "./plugin-channel.ts"
import { type Stanza } from "./stanza.ts"

const fileKeyLength = 16
const triesMax = 3

/**
 * Has a plugin wrap a file key for a recipient. Whether it may run at all has been asked before.
 *
 * @throws {AppError} `PLUGIN_REFUSED` or `PLUGIN_FAILED`
 * @see C2SP age-plugin.md, recipient-v1
 */
export function wrapWithPlugin(
  { name, recipient, fileKey }: { name: string; recipient: string; fileKey: Uint8Array },
  context: KeyContext,
): Promise<Stanza[]> {
  return withPlugin({ name, protocol: "recipient-v1" }, context, async (channel) => {
    await channel.send("add-recipient", [recipient])
    await channel.send("wrap-file-key", [], fileKey)
    // Labels only forbid mixing recipients in one file; there is one.
    await channel.send("extension-labels")
    await channel.send("done")

    const stanzas: Stanza[] = []
    for (;;) {
      const message = await channel.receive()
      if (message.type === "done") break
      if (message.type === "recipient-stanza") {
        const [index, type, ...args] = message.args
        if (index !== "0" || type === undefined) throw pluginFailed(name, "it wraps a file key that nobody gave it")
        stanzas.push({ type, args, body: message.body })
        await channel.send("ok")
      } else if (message.type === "labels") {
        await channel.send("ok")
      } else {
        await answer(message, { name, channel, context })
      }
    }
    if (stanzas.length === 0) throw pluginFailed(name, "it wrapped nothing")
    return stanzas
  })
}

/**
 * Has a plugin unwrap a file key.
 *
 * @returns `null` when no stanza is for this identity
 * @throws {AppError} `PLUGIN_REFUSED` or `PLUGIN_FAILED`
 * @see C2SP age-plugin.md, identity-v1
 */
export function unwrapWithPlugin(
  { name, identity, stanzas }: { name: string; identity: string; stanzas: readonly Stanza[] },
  context: KeyContext,
): Promise<Uint8Array | null> {
  return withPlugin({ name, protocol: "identity-v1" }, context, async (channel) => {
    await channel.send("add-identity", [identity])
    for (const { type, args, body } of stanzas) await channel.send("recipient-stanza", ["0", type, ...args], body)
    await channel.send("done")

    let fileKey: Uint8Array | null = null
    for (;;) {
      const message = await channel.receive()
      if (message.type === "done") return fileKey
      if (message.type === "file-key") {
        const isExpected = message.args.length === 1 && message.args[0] === "0" && fileKey === null
        if (!isExpected || message.body.length !== fileKeyLength) throw pluginFailed(name, "its file key is not valid")
        fileKey = message.body
        await channel.send("ok")
      } else {
        await answer(message, { name, channel, context })
      }
    }
  })
}

interface PluginTalk {
  readonly name: string
  readonly channel: Channel
  readonly context: KeyContext
}

/** Messages that both protocols have: errors, and what a plugin wants to tell or ask the user. */
async function answer({ type, args, body }: Stanza, { name, channel, context }: PluginTalk): Promise<void> {
  const text = oneLine(Buffer.from(body).toString("utf8"))
  switch (type) {
    case "error":
      await channel.send("ok")
      throw pluginFailed(name, text)
    case "msg":
      context.notice(`age-plugin-${name}: ${text}`)
      return channel.send("ok")
    case "request-public":
    case "request-secret": {
      const value = await context.prompt(`age-plugin-${name}: ${text} `, { hidden: type === "request-secret" })
      return value === null ? channel.send("fail") : channel.send("ok", [], Buffer.from(value, "utf8"))
    }
    case "confirm":
      return confirm(text, args, { name, channel, context })
    default:
      return channel.send("unsupported")
  }
}

async function confirm(text: string, args: readonly string[], conversation: PluginTalk): Promise<void> {
  const { name, channel, context } = conversation
  const [yes, no, ...more] = args.map((arg) => decodeBase64(arg, { isPadded: false }))
  if (!yes || no === null || more.length > 0) throw pluginFailed(name, "it does not keep to the protocol")
  const label = (bytes: Uint8Array): string => oneLine(Buffer.from(bytes).toString("utf8"))
  const choice = no === undefined ? `enter: ${label(yes)}` : `y: ${label(yes)}, n: ${label(no)}`
  for (let tries = 0; tries < triesMax; tries++) {
    const reply = await context.prompt(`age-plugin-${name}: ${text} (${choice}) `, { hidden: false })
    if (reply === null) break
    const key = reply.trim().toLowerCase()
    if (no === undefined || key === "y" || key === "yes") return channel.send("ok", ["yes"])
    if (key === "n" || key === "no") return channel.send("ok", ["no"])
  }
  return channel.send("fail")
}
