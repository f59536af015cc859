import { type Effort, type KeyContext } from "./provider.ts"

export interface Derived {
  readonly signal?: AbortSignal | undefined
  readonly effort: Effort
  /** No program is started and nobody is asked, whatever a driver wants: it is as if there were none. */
  readonly isAlone?: boolean
}

/** The same machine with another effort; with a signal, what it starts ends with that. */
export function deriveContext(context: KeyContext, { signal, effort, isAlone = false }: Derived): KeyContext {
  const nobody = { status: null, stdout: new Uint8Array(), stderr: "", missing: true }
  return {
    env: (name) => context.env(name),
    platform: context.platform,
    home: context.home,
    readFile: (path) => context.readFile(path),
    run: async (program, args, options) =>
      isAlone ? nobody : context.run(program, args, signal === undefined ? options : { signal, ...options }),
    talk: async (program, args, options) =>
      isAlone ? null : context.talk(program, args, signal === undefined ? options : { signal, ...options }),
    stat: (path) => context.stat(path),
    get workspace() {
      return context.workspace
    },
    uid: context.uid,
    prompt: async (question, options) => (isAlone ? null : context.prompt(question, options)),
    notice: (text) => {
      if (!isAlone) context.notice(text)
    },
    dialect: context.dialect,
    now: () => context.now(),
    ...(context.hostName === undefined ? {} : { hostName: context.hostName }),
    namedVaults: () => context.namedVaults?.() ?? [],
    ...(context.awsFallback === true ? { awsFallback: true } : {}),
    ...(context.agreedVaults === undefined ? {} : { agreedVaults: context.agreedVaults }),
    session: context.session,
    get signal() {
      return signal ?? context.signal
    },
    whenOver: (task) => context.whenOver(task),
    effort,
  }
}
