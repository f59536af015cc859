import { basename, dirname, resolve, sep } from "node:path"
import { AppError } from "../errors/app-error.ts"
import { type ChildEnd, runChild } from "./child.ts"
import { argumentsFor, habitsOf } from "./editor-habits.ts"
import { type Io } from "./io.ts"
import { findProgram, isProgram, resolveProgram } from "./resolve-program.ts"
import { splitWords } from "../core/shlex.ts"

export interface Editor {
  /** Absolute. */
  readonly program: string
  /** Everything before the file. */
  readonly args: readonly string[]
  readonly runsInPrivateDir: boolean
  /** Its name, when it keeps texts in a local history that we cannot turn off: to be said once. */
  readonly historyWarning: string | null
}

export interface EditorHow {
  /** It gets options that keep it from storing the text elsewhere; otherwise what the user gave, and the file. */
  readonly guardsText: boolean
  /** Folders that strangers may have written. Only the editors that nobody named are kept from them. */
  readonly outside: readonly string[]
}

/** How an editor is started. */
export interface EditorRun {
  readonly env: ReadonlyMap<string, string>
  /** Whether signals that are meant for us reach it too. */
  readonly signals: "forward" | "leave"
  /** Stops waiting for it. */
  readonly abandon?: AbortSignal | undefined
}

const wellKnown = ["vim", "nano", "vi"]

/**
 * `SOPS_EDITOR`, else `EDITOR`, split without a shell; else the first of vim, nano and vi. A program that only a
 * relative entry of `PATH` leads to is not run.
 *
 * @throws {AppError} `NO_EDITOR`, `EDITOR_INVALID`
 */
export function chooseEditor(
  io: Pick<Io, "fs" | "env" | "cwd" | "platform" | "processes">,
  { guardsText, outside }: EditorHow,
): Editor {
  const variable = ["SOPS_EDITOR", "EDITOR"].find((name) => (io.env.get(name) ?? "") !== "")
  if (variable === undefined) {
    const known = wellKnown.map((name) => findProgram(io, name, { outside, isOwnerChecked: false }))
    const program = known.find((path) => path !== null)
    if (program === undefined) throw new AppError("NO_EDITOR")
    return equip(io, program, [], guardsText)
  }
  const words = splitWords(io.env.get(variable) ?? "")
  const [name, ...args] = words ?? []
  if (name === undefined || name === "") throw new AppError("EDITOR_INVALID", {}, { subject: variable })
  return equip(io, named(io, name, variable), args, guardsText)
}

/** A path is taken from the working folder, as a shell would take it; what the user named is not judged further. */
function named(io: Pick<Io, "fs" | "env" | "cwd" | "platform" | "processes">, name: string, variable: string): string {
  const path = name.includes("/") || name.includes(sep) ? resolve(io.cwd, name) : null
  if (path !== null && isProgram(io, path)) return path
  try {
    return resolveProgram(io, name, { outside: [], isOwnerChecked: false })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const notes = [`${variable} names ${name}`, ...(error.detail.notes ?? [])]
    throw new AppError("NO_EDITOR", {}, { subject: name, notes })
  }
}

function equip(io: Pick<Io, "fs">, program: string, given: readonly string[], guardsText: boolean): Editor {
  if (!guardsText) return { program, args: given, runsInPrivateDir: false, historyWarning: null }
  const habits = habitsOf(program, realOrSame(io, program))
  return {
    program,
    args: argumentsFor(habits, given),
    runsInPrivateDir: habits.runsInPrivateDir,
    historyWarning: habits.keepsHistory ? basename(program) : null,
  }
}

function realOrSame({ fs }: Pick<Io, "fs">, path: string): string {
  try {
    return fs.realpath(path)
  } catch {
    return path
  }
}

/**
 * Runs the editor on a file until it is closed.
 *
 * @returns what ended it; a signal that was meant for us is in `interruptedBy`
 * @throws {AppError} `EDITOR_FAILED` when it cannot be started or says that it failed
 */
export async function runEditor(
  io: Parameters<typeof runChild>[0],
  editor: Editor,
  file: string,
  { env, signals, abandon }: EditorRun,
): Promise<ChildEnd> {
  const subject = basename(editor.program)
  const end = await runChild(io, {
    program: editor.program,
    args: [...editor.args, file],
    env,
    cwd: editor.runsInPrivateDir ? dirname(file) : undefined,
    signals,
    abandon,
  }).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code === "EDIT_INTERRUPTED") throw error
    throw new AppError("EDITOR_FAILED", {}, { subject, notes: [error.title, ...(error.detail.notes ?? [])] })
  })
  if (end.status !== 0 && end.interruptedBy === null) {
    const how = end.signal === null ? `it ended with status ${end.status}` : `${end.signal} ended it`
    throw new AppError("EDITOR_FAILED", {}, { subject, notes: [how] })
  }
  return end
}
