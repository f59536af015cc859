import { type FormatName } from "../../core/format.ts"
import { replaceProcess, runChild, startInBackground } from "../../host/child.ts"
import { becomeUser } from "../../host/user.ts"
import { inheritedEnv } from "./child-env.ts"
import { type EnvValue } from "./env-values.ts"
import { type ChildOptions, type CommonOptions, type OpenOptions, type Source } from "../options.ts"
import { type Outcome, type Session } from "../session.ts"

export interface ExecOptions extends CommonOptions, ChildOptions, OpenOptions {
  readonly file: Source
  readonly inputType: FormatName | undefined
  /** One command line for the shell. */
  readonly command: string
  readonly background: boolean
  readonly pristine: boolean
  readonly user: string | undefined
}

type ChildWishes = Pick<ExecOptions, "command" | "background" | "pristine" | "user" | "keepEnv"> & {
  readonly sameProcess?: boolean
}

/**
 * Becomes another user for good, if asked: after the file is open, and before anything is written for the child.
 *
 * @returns what the user's HOME, USER and LOGNAME are
 */
export function switchUser({ io }: Session, { user }: Pick<ExecOptions, "user">): ReadonlyMap<string, string> {
  if (user === undefined || user === "") return new Map()
  const { home, name } = becomeUser(io, user)
  return new Map([
    ["HOME", home],
    ["USER", name],
    ["LOGNAME", name],
  ])
}

/** Runs one command line in the system's shell, as upstream's exec commands do. */
export async function runInShell(
  session: Session,
  wishes: ChildWishes,
  ofUser: ReadonlyMap<string, string>,
  values: readonly EnvValue[],
): Promise<Outcome> {
  const { io, dialect } = session
  const env = wishes.pristine
    ? new Map<string, string>()
    : inheritedEnv(io.env, dialect.children.inheritIdentities || wishes.keepEnv)
  for (const [name, value] of ofUser) env.set(name, value)
  for (const { name, value } of values) env.set(name, value)
  const [program, args] =
    io.platform === "win32" ? ["cmd.exe", ["/C", wishes.command]] : ["/bin/sh", ["-c", wishes.command]]
  const order = { program, args, env } as const
  if (wishes.background) {
    await startInBackground(io, order)
    return {}
  }
  if (wishes.sameProcess === true) await replaceProcess(io, order)
  const { status, signal } = await runChild(io, { ...order, signals: "forward" })
  return { exit: status, signal: signal ?? undefined }
}
