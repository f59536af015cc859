import { type KeyContext } from "../provider.ts"

const terminal = /^\/dev\/(pts\/\d{1,6}|tty[A-Za-z0-9]{1,12}|console)$/

/**
 * The name of the terminal that a pinentry may use. gpg takes it from `GPG_TTY`, which few people set, since it cannot
 * see our standard streams.
 */
export async function terminalEnv(context: KeyContext): Promise<Readonly<Record<string, string>>> {
  if ((context.env("GPG_TTY") ?? "") !== "" || context.platform === "win32") return {}
  for (const stream of ["/dev/stdin", "/dev/stderr", "/dev/stdout"]) {
    const facts = await context.stat(stream).catch(() => null)
    if (facts !== null && terminal.test(facts.realPath)) return { GPG_TTY: facts.realPath }
  }
  return {}
}
