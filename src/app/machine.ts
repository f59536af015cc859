import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path"
import { namedByUser } from "./named-by-user.ts"
import { type Session } from "./session.ts"
import { type ConfigFiles } from "../config/load.ts"
import { limits } from "../core/limits.ts"
import { runSlot } from "../core/run-memory.ts"
import { withoutIdentities } from "../host/child-environment.ts"
import { errorCode } from "../host/file-system.ts"
import { absolute, factsOf, readOptionalFile, realPathOf, statOf } from "../host/files.ts"
import { gitTop } from "../host/surroundings.ts"
import { nameOfMachine } from "../host/processes.ts"
import { runProgram, talkWith } from "../host/program.ts"
import { kindsInConfig } from "../keys/kinds.ts"
import { type KeyContext, type PathFacts } from "../keys/provider.ts"

const keyFileBytesMax = 1024 * 1024

/** The machine as the search for a config sees it. */
export function configFiles({ io }: Session): ConfigFiles {
  return {
    readFile: async (path) => (await readOptionalFile(io, path, { bytesMax: keyFileBytesMax }))?.bytes ?? null,
    stat: async (path) => {
      const facts = statOf(io, path)
      if (facts === null) return null
      const kind = facts.kind === "file" || facts.kind === "folder" ? facts.kind : "other"
      return { kind, userId: facts.uid, groupId: facts.gid, mode: facts.mode, device: Number(facts.device) }
    },
    realpath: async (path) => realPathOf(io, path),
    kinds: kindsInConfig,
    paths: { sep, resolve, join, dirname, basename, relative, isAbsolute },
    workingFolder: io.cwd,
    home: io.home,
    userId: io.processes.uid,
  }
}

/** Folders whose content strangers may have written: programs are not taken from there. */
export function workspaceOf({ io }: Session, files: readonly (string | null)[] = []): string[] {
  const folders = new Set([io.cwd, ...files.filter((file) => file !== null).map((file) => dirname(absolute(io, file)))])
  return [...new Set([...folders].flatMap((folder) => [folder, gitTop(io, folder) ?? folder]))]
}

/** The machine as key providers see it. What they remember belongs to the run. */
export function keyContext(session: Session, files: readonly (string | null)[]): KeyContext {
  const { io, dialect } = session
  let workspace: readonly string[] | null = null
  const forHelpers = (added: Readonly<Record<string, string>> | undefined): Map<string, string> =>
    new Map([
      ...(dialect.children.inheritIdentities ? io.env : withoutIdentities(io.env)),
      ...Object.entries(added ?? {}),
    ])
  return {
    env: (name) => io.env.get(name),
    platform: io.platform,
    home: io.home,
    readFile: async (path) => (await readOptionalFile(io, path, { bytesMax: keyFileBytesMax }))?.bytes ?? null,
    run: (program, args, options = {}) => runProgram(io, program, args, { ...options, env: forHelpers(options.env) }),
    talk: (program, args, options = {}) =>
      talkWith(io, program, args, { ...options, cwd: io.temp, env: forHelpers({}) }),
    stat: async (path): Promise<PathFacts | null> => {
      const facts = factsOf(io, path)
      if (facts === null) return null
      const uid = io.processes.uid === null ? null : facts.uid
      return { realPath: facts.realPath, isFile: facts.kind === "file", mode: facts.mode, uid }
    },
    // Only code that runs a program asks for it, and finding it means looking at many folders.
    get workspace() {
      workspace ??= workspaceOf(session, files)
      return workspace
    },
    get uid() {
      return io.processes.uid
    },
    prompt: (question, { hidden }) => inTurn(session, () => io.terminal.ask(question, { hidden })),
    notice: (text) => session.notice(text),
    dialect: dialect.keys,
    now: () => io.now(),
    ...(dialect.keys.namesHostInSessions ? { hostName: nameOfMachine() } : {}),
    namedVaults: () => namedByUser(session).flatMap((one) => (one.type === "hc_vault" ? [one.vaultAddress] : [])),
    ...(session.awsFallback === true ? { awsFallback: true } : {}),
    agreedVaults: {
      list: async () => (await import("../host/state-folder.ts")).agreedServers(io, "vault"),
      add: async (origin) => (await import("../host/state-folder.ts")).rememberServer(io, "vault", origin),
    },
    get signal() {
      return session.end.signal
    },
    whenOver: (task) => session.end.whenOver(task),
    effort: "any",
    session: session.memory,
  }
}

const questions = runSlot<{ last: Promise<unknown> }>()

/** One question at a time: keys are tried side by side, and there is one terminal. */
function inTurn<T>({ memory }: Session, ask: () => Promise<T>): Promise<T> {
  const queue = questions.of(memory, () => ({ last: Promise.resolve() }))
  const answer = queue.last.then(ask)
  queue.last = answer.catch(() => {})
  return answer
}

export const fileLimits = { bytesMax: limits.file_bytes_max }

/** @returns the absolute path when nothing is there; `null` when something is, or when nobody can tell */
export function missingPath({ io }: Pick<Session, "io">, file: string): string | null {
  const path = absolute(io, file)
  try {
    io.fs.stat(path)
    return null
  } catch (error) {
    return errorCode(error) === "ENOENT" ? path : null
  }
}
