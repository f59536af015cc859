import { delimiter, isAbsolute, join } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { withoutIdentities } from "../../host/child-environment.ts"
import { isInside, realPathOf } from "../../host/files.ts"
import { runProgram } from "../../host/program.ts"
import { isProgram } from "../../host/resolve-program.ts"
import { version } from "../../version.ts"
import { type Session } from "../session.ts"

const name = "sotto"

/**
 * How git should call this program: by its name where PATH leads to it, else by its path.
 *
 * @param asked - what `--program` says
 * @param top - of the work tree, whose content anybody who can push may change; `null` in a bare repository
 * @throws {AppError} `PROGRAM_REFUSED`, `PROGRAM_MISSING`
 */
export async function programWord(session: Session, asked: string | undefined, top: string | null): Promise<string> {
  const { io } = session
  if (asked === undefined && (await isOnPath(session, top))) return name
  const program = asked ?? io.program
  if (!isAbsolute(program)) {
    if (/[/\\]/.test(program)) throw refused(program, "the path is relative: git runs it in many folders")
  }
  const place = isAbsolute(program) ? program : placeOf(session, program)
  if (place !== null && isInTree(session, place, top)) {
    throw refused(program, "it is in the work tree, where a branch could replace it")
  }
  if (place === null || !isProgram(io, place)) throw new AppError("PROGRAM_MISSING", {}, { subject: program, hint })
  return program
}

function isInTree({ io }: Pick<Session, "io">, place: string, top: string | null): boolean {
  return top !== null && [place, realPathOf(io, place) ?? place].some((path) => isInside(top, path))
}

const askMsMax = 10_000

/** The name leads to this very program, or to a wrapper that starts the same release. */
async function isOnPath({ io }: Session, top: string | null): Promise<boolean> {
  const place = placeOf({ io }, name)
  if (place === null || isInTree({ io }, place, top)) return false
  if (realPathOf(io, place) === io.program) return true
  const env = withoutIdentities(io.env)
  const { status, stdout } = await runProgram(io, place, ["--version"], {
    env,
    timeoutMs: askMsMax,
    outputBytesMax: 1000,
  })
  return status === 0 && Buffer.from(stdout).toString("latin1").trim() === `sotto ${version}`
}

const hint = "install sotto for the user (`npm install --global sotto`), or give its whole path with --program"

function refused(subject: string, note: string): AppError {
  return new AppError("PROGRAM_REFUSED", {}, { subject, notes: [note], hint })
}

/** Where PATH leads; `null` for nowhere. */
function placeOf({ io }: Pick<Session, "io">, program: string): string | null {
  return onPath(io.env.get("PATH"), program).find((path) => isProgram(io, path)) ?? null
}

function onPath(path: string | undefined, program: string): string[] {
  return (path ?? "").split(delimiter).flatMap((folder) => (isAbsolute(folder) ? [join(folder, program)] : []))
}

/** Whether a configured program is there, as git would look for it. */
export function runsHere({ io }: Session, program: string): boolean {
  const places = isAbsolute(program) ? [program] : onPath(io.env.get("PATH"), program)
  return places.some((place) => isProgram(io, place))
}
