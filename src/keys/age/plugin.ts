import { decodeBase64 } from "../../core/base64.ts"
import { type Conversation } from "../../core/conversation.ts"
import { runSlot } from "../../core/run-memory.ts"
import { AppError } from "../../errors/app-error.ts"
import { oneLine } from "../../errors/display.ts"
import { type Stanza, StanzaReader, encodeStanza } from "./stanza.ts"
import { type KeyContext } from "../provider.ts"
import { distrust, findOnPath } from "../trusted-program.ts"

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

const bytesMax = 1024 * 1024
const newline = 10

/** A plugin that runs; messages in both directions are stanzas. */
interface Channel {
  send(type: string, args?: readonly string[], body?: Uint8Array): Promise<void>
  /** @throws {AppError} `PLUGIN_FAILED` when the plugin ends, or says what is not a stanza, or over 1 MB */
  receive(): Promise<Stanza>
}

type Protocol = "recipient-v1" | "identity-v1"

/**
 * Runs a plugin for the time of a conversation.
 *
 * @throws {AppError} `PLUGIN_REFUSED` when its program may not be run, `PLUGIN_FAILED` when it does not start
 */
async function withPlugin<T>(
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

function pluginFailed(name: string, reason: string): AppError {
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

const variable = "SOTTO_AGE_PLUGINS"
const answers = runSlot<Map<string, Promise<void>>>()

/**
 * Whether a plugin may run for a recipient: a file, a config or a command line chose it, so the user has to agree,
 * with the variable or at the prompt. The answer holds for the whole run. As `sops` it runs, as upstream does, but
 * its name and its place are judged all the same (security rule S6).
 *
 * @throws {AppError} `PLUGIN_REFUSED`
 */
export async function allowPlugin(name: string, context: KeyContext): Promise<void> {
  if (!context.dialect.asksBeforePlugins) return
  const known = answers.of(context.session, () => new Map())
  const answer = known.get(name) ?? ask(name, context)
  known.set(name, answer)
  return answer
}

async function ask(name: string, context: KeyContext): Promise<void> {
  const allowed = (context.env(variable) ?? "").split(/[\s,]+/)
  if (allowed.includes(name)) return
  const program = await findPlugin(name, context)
  const question = `A recipient asks for the age plugin ${name}. Run ${program}? [y/N] `
  const reply = (await context.prompt(question, { hidden: false }))?.trim().toLowerCase()
  if (reply === "y" || reply === "yes") return
  throw refused(name, "nobody allowed it", `allow it with ${variable}=${name}`)
}

/**
 * Finds the program of a plugin on PATH and refuses one that strangers may have put there or may change (security
 * rule S6).
 *
 * @returns its absolute path, links resolved
 * @throws {AppError} `PLUGIN_REFUSED`, also when it is not installed
 */
async function findPlugin(name: string, context: KeyContext): Promise<string> {
  const file = `age-plugin-${name}${context.platform === "win32" ? ".exe" : ""}`
  const candidate = await findOnPath(file, context)
  if (candidate === null) throw refused(name, `${file} was not found on PATH`)
  const { realPath } = candidate.facts
  const reason = await distrust(candidate, context)
  if (reason !== null) throw refused(name, `${realPath} ${reason}`)
  return realPath
}

function refused(name: string, reason: string, hint?: string): AppError {
  return new AppError("PLUGIN_REFUSED", { provider: `age-plugin-${name}` }, { subject: reason, hint })
}
