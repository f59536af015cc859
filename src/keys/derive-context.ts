import { type Effort, type KeyContext } from "./provider.ts"

/** The same machine with another effort; with a signal, what it starts ends with that. */
export function deriveContext(
  context: KeyContext,
  { signal, effort }: { signal?: AbortSignal | undefined; effort: Effort },
): KeyContext {
  return {
    env: (name) => context.env(name),
    platform: context.platform,
    home: context.home,
    readFile: (path) => context.readFile(path),
    run: (program, args, options) =>
      context.run(program, args, signal === undefined ? options : { signal, ...options }),
    talk: (program, args, options) =>
      context.talk(program, args, signal === undefined ? options : { signal, ...options }),
    stat: (path) => context.stat(path),
    get workspace() {
      return context.workspace
    },
    uid: context.uid,
    prompt: (question, options) => context.prompt(question, options),
    notice: (text) => context.notice(text),
    dialect: context.dialect,
    now: () => context.now(),
    ...(context.hostName === undefined ? {} : { hostName: context.hostName }),
    namedVaults: () => context.namedVaults?.() ?? [],
    session: context.session,
    get signal() {
      return signal ?? context.signal
    },
    whenOver: (task) => context.whenOver(task),
    effort,
  }
}
