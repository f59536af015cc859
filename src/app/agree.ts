import { AppError, type Detail } from "../errors/app-error.ts"
import { type Session } from "./session.ts"

/**
 * Goes on when somebody at the terminal says yes. Who has said no needs no advice; where nobody could be asked, the error
 * says how the answer is given beforehand.
 *
 * @param detail - of the error; its hint is for where there is no terminal
 * @throws {AppError} `NOT_CONFIRMED`
 */
export async function agree({ io }: Pick<Session, "io">, question: string, detail: Detail = {}): Promise<void> {
  const answer = await io.terminal.confirm(question)
  if (answer === true) return
  throw new AppError("NOT_CONFIRMED", {}, answer === null ? detail : { ...detail, hint: "" })
}
