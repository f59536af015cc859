import { delimiter, isAbsolute, join } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { factsOf, isInside } from "../../host/files.ts"
import { isProgram } from "../../host/resolve-program.ts"
import { type Session } from "../session.ts"

const name = "sotto"

/**
 * How git is to call this program: by its name where PATH leads to it, else by its place.
 *
 * @param asked - what `--program` says
 * @param top - of the work tree, whose content anybody who can push may change; `null` in a bare repository
 * @throws {AppError} `PROGRAM_REFUSED`, `PROGRAM_MISSING`
 */
export function programWord(session: Session, asked: string | undefined, top: string | null): string {
  const { io } = session
  if (asked === undefined && placeOf(session, name, top) === io.program) return name
  const program = asked ?? io.program
  if (!isAbsolute(program)) {
    if (/[/\\]/.test(program)) throw refused(program, "the path is relative: git runs it in many folders")
    if (placeOf(session, program, top) === null) throw new AppError("PROGRAM_MISSING", {}, { subject: program })
    return program
  }
  if (!isProgram(io, program)) throw new AppError("PROGRAM_MISSING", {}, { subject: program })
  const places = [program, factsOf(io, program)?.realPath ?? program]
  if (top !== null && places.some((place) => isInside(top, place))) {
    throw refused(program, "it lies in the work tree, where a branch could replace it")
  }
  return program
}

function refused(subject: string, note: string): AppError {
  const hint = "install sotto for the user (`npm install --global sotto`), or name it with --program and its whole path"
  return new AppError("PROGRAM_REFUSED", {}, { subject, notes: [note], hint })
}

/** Where PATH leads to, with links resolved, passing over the work tree; `null` for nothing. */
function placeOf({ io }: Session, program: string, top: string | null): string | null {
  for (const path of onPath(io.env.get("PATH"), program)) {
    if (!isProgram(io, path) || (top !== null && isInside(top, path))) continue
    return factsOf(io, path)?.realPath ?? null
  }
  return null
}

function onPath(path: string | undefined, program: string): string[] {
  return (path ?? "").split(delimiter).flatMap((folder) => (isAbsolute(folder) ? [join(folder, program)] : []))
}

/** Whether a configured program is there, as git would look for it. */
export function runsHere({ io }: Session, program: string): boolean {
  const places = isAbsolute(program) ? [program] : onPath(io.env.get("PATH"), program)
  return places.some((place) => isProgram(io, place))
}
