import { type Conversation } from "../../core/conversation.ts"
import { AppError } from "../../errors/app-error.ts"
import { type KeyContext } from "../provider.ts"
import { findPlugin } from "./plugin-program.ts"
import { type Stanza, StanzaReader, encodeStanza } from "./stanza.ts"

const bytesMax = 1024 * 1024
const newline = 10

/** A plugin that runs; messages in both directions are stanzas. */
export interface Channel {
  send(type: string, args?: readonly string[], body?: Uint8Array): Promise<void>
  /** @throws {AppError} `PLUGIN_FAILED` when the plugin ends, or says what is not a stanza, or over 1 MB */
  receive(): Promise<Stanza>
}

export type Protocol = "recipient-v1" | "identity-v1"

/**
 * Runs a plugin for the time of a conversation.
 *
 * @throws {AppError} `PLUGIN_REFUSED` when its program may not be run, `PLUGIN_FAILED` when it does not start
 */
export async function withPlugin<T>(
  { name, protocol }: { name: string; protocol: Protocol },
  context: KeyContext,
  work: (channel: Channel) => Promise<T>,
): Promise<T> {
  const program = await findPlugin(name, context)
  const talk = await context.talk(program, [`--age-plugin=${protocol}`], { signal: context.signal })
  if (talk === null) throw pluginFailed(name, "it could not be started")
  try {
    return await work(openChannel(name, talk))
  } finally {
    await talk.close()
  }
}

export function pluginFailed(name: string, reason: string): AppError {
  return new AppError("PLUGIN_FAILED", { provider: `age-plugin-${name}` }, { subject: reason })
}

function openChannel(name: string, talk: Conversation): Channel {
  const lines = readLines(name, talk)
  const reader = new StanzaReader()
  return {
    send: (type, args = [], body = new Uint8Array(0)) =>
      talk.write(Buffer.from(encodeStanza({ type, args, body }), "latin1")),

    async receive() {
      for (;;) {
        const { value: line } = await lines.next()
        if (line === undefined) throw pluginFailed(name, "it ended before it was done")
        const stanza = reader.take(line)
        if (stanza === "invalid") throw pluginFailed(name, "it does not keep to the protocol")
        if (stanza !== "more") return stanza
      }
    },
  }
}

async function* readLines(name: string, talk: Conversation): AsyncGenerator<string, undefined> {
  let pending = Buffer.alloc(0)
  let total = 0
  for (;;) {
    const chunk = await talk.read()
    if (chunk === null) return undefined
    total += chunk.length
    if (total > bytesMax) throw pluginFailed(name, "it sent more than 1 MB")
    pending = Buffer.concat([pending, chunk])
    for (let end = pending.indexOf(newline); end !== -1; end = pending.indexOf(newline)) {
      yield pending.toString("latin1", 0, end)
      pending = pending.subarray(end + 1)
    }
  }
}
