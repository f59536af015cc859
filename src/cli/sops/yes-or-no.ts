import { type Io } from "../../host/io.ts"
import { failure } from "./messages.ts"

/**
 * Asks on standard output and reads the answer from standard input: one word a line, and again until it is `y` or `n`.
 *
 * @throws {AppError} with status 1 for an empty line, more than one word, and the end of the input
 * @see Go's fmt.Scanln
 */
export async function askYesOrNo({ stdin, stdout }: Pick<Io, "stdin" | "stdout">, question: string): Promise<boolean> {
  for (;;) {
    await stdout.write(question)
    const line = await stdin.readLine()
    const words = (line ?? "").split(/[ \t\r]+/).filter((word) => word !== "")
    if (line === null) throw failure("NOT_CONFIRMED", 1, "EOF")
    if (words.length === 0) throw failure("NOT_CONFIRMED", 1, "unexpected newline")
    if (words.length > 1) throw failure("NOT_CONFIRMED", 1, "expected newline")
    if (words[0] === "y") return true
    if (words[0] === "n") return false
  }
}
