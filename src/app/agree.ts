import { AppError, type Detail } from "../errors/app-error.ts"
import { type Session } from "./session.ts"

/**
 * Goes on when somebody at the terminal says yes. After a no there is no advice; where nobody could be asked, the error
 * says how to give the answer beforehand.
 *
 * @param detail - of the error; its hint is for runs without a terminal
 * @throws {AppError} `NOT_CONFIRMED`
 */
export async function agree({ io }: Pick<Session, "io">, question: string, detail: Detail = {}): Promise<void> {
  const answer = await io.terminal.confirm(question)
  if (answer === true) return
  throw new AppError("NOT_CONFIRMED", {}, answer === null ? detail : { ...detail, hint: "" })
}
