import { allowedNames, checkEnvNames, inheritedEnv } from "../child/child-env.ts"
import { type EnvValue, valuesOf } from "../child/env-values.ts"
import { openFile, withFile } from "../open/open-file.ts"
import { treesOf } from "../open/print.ts"
import { type ChildOptions, type CommonOptions, type OrderOptions, type Source } from "../options.ts"
import { type Outcome, type Session } from "../session.ts"
import { type FormatName } from "../../core/format.ts"
import { formatUpperG, parseFloat64 } from "../../core/gonumber.ts"
import { type Scalar } from "../../core/scalar.ts"
import { utf8 } from "../../core/text.ts"
import { type Tree } from "../../core/tree.ts"
import { AppError } from "../../errors/app-error.ts"
import { replaceProcess, runChild, startInBackground } from "../../host/child.ts"
import { becomeUser } from "../../host/user.ts"

interface ExecEnvOptions extends ExecOptions {
  readonly sameProcess: boolean
  /** Values of dotenv as they are stored, with quotes and all; upstream knows nothing else. */
  readonly verbatim: boolean
}

/** `exec-env`: a shell command with the values of one sealed file in its environment. */
export async function execEnv(session: Session, options: ExecEnvOptions): Promise<Outcome> {
  const file = await openFile(session, { ...options, source: options.file, valuesOnly: true })
  try {
    const values = await withFile(file.file, async () => {
      if (session.dialect.children.values === "as upstream") return envAsUpstream(treesOf(session, file))
      const found = valuesOf(session, file, {
        withClear: options.withClear,
        flatten: undefined,
        only: [],
        isVerbatim: options.verbatim,
      })
      const sourced = found.map((value) => ({ ...value, file: file.file ?? "standard input" }))
      await checkEnvNames(sourced, allowedNames(session, options))
      return found
    })
    return await runInShell(session, options, switchUser(session, options), values)
  } finally {
    file.dataKey.wipe()
  }
}

/**
 * The variables of `exec-env` as upstream sets them: the keys of the first document as they are, whatever they are.
 * If a name repeats, the last value counts.
 *
 * @throws {AppError} `ENV_SHAPE` for a nested value, and for a name with `=`; `ENV_VALUE_INVALID`
 * @see sops v3.13.2 cmd/sops/main.go, exec-env
 */
export function envAsUpstream([root]: readonly Tree[]): EnvValue[] {
  if (root?.type !== "map") return []
  return root.entries.flatMap((entry): EnvValue[] => {
    if (entry.type === "comment") return []
    const { key, value } = entry
    if (value.type === "map" || value.type === "list") {
      throw shape(key, `cannot use complex value in environment; offending key ${key}`)
    }
    if (key.includes("=")) throw shape(key, `cannot use keys with '=' in environment: ${key}`)
    const text = value.type === "null" ? "<nil>" : textOf(value.scalar)
    if (`${key}${text}`.includes("\0")) throw new AppError("ENV_VALUE_INVALID", { path: [key] })
    return [{ name: key, value: text, path: [key] }]
  })
}

function shape(key: string, asUpstream: string): AppError {
  return new AppError("ENV_SHAPE", { path: [key] }, { asUpstream })
}

function textOf({ kind, bytes }: Scalar): string {
  const text = utf8.decode(bytes)
  if (kind === "bool") return text.toLowerCase()
  return kind === "float" ? formatUpperG(parseFloat64(text) ?? Number.NaN) : text
}

export interface ExecOptions extends CommonOptions, ChildOptions, OrderOptions {
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
