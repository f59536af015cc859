import { type Outcome, type Session } from "../../../app/session.ts"
import { missingPath } from "../../../app/machine.ts"
import { AppError } from "../../../errors/app-error.ts"
import { type Action, type SopsInput } from "../commands.ts"
import { changeFlags, type Flags } from "../flags.ts"
import { goQuoted, failure, noFile, nonExistent } from "../messages.ts"
import { onlyFile, targetOptionsOf, warn } from "../options.ts"
import { decryptOptionsOf } from "./decrypt.ts"
import { editNamed } from "./edit.ts"
import { encryptOptionsOf } from "./encrypt.ts"
import { changeOptionsOf } from "./set.ts"

type Mode = "encrypt" | "decrypt" | "rotate" | "set"

/** The old form, `sops [-d | -e | -r | --set '["a"] 1'] FILE`; without any of these it edits. */
export const legacyAction: Action = async (session, input) => {
  const { flags } = input
  if (input.args.length === 0) throw noFile()
  const file = onlyFile(session, input.args)!
  targetOptionsOf(flags)
  const modes = modesOf(flags)
  requireForChange(session, file, { flags, modes })
  if (modes.length > 1) warn(session, severalModes)
  if (modes.length !== 1 || modes[0] !== "decrypt") await checkRule(session, input, file)
  const [last] = modes.slice(-1)
  if (last === undefined) {
    return editNamed(session, input, file)
  }
  for (const mode of modes.slice(0, -1)) await tryOut(session, input, { mode, last, file })
  return run(session, input, { mode: last, file, ...targetOptionsOf(flags) })
}

const severalModes =
  "More than one command (--encrypt, --decrypt, --rotate, --set) was given: each works on the file as it is, and the " +
  "result of the last one counts. This is deprecated."

/** In the order in which upstream runs them. */
function modesOf(flags: Flags): Mode[] {
  const modes = (["encrypt", "decrypt", "rotate"] as const).filter((mode) => flags.isOn(mode))
  return flags.text("set") === "" ? modes : [...modes, "set"]
}

function requireForChange(
  session: Session,
  file: string,
  { flags, modes }: { flags: Flags; modes: readonly Mode[] },
): void {
  const missing = missingPath(session, file)
  if (missing === null) return
  if (changeFlags.some((name) => flags.text(name) !== "")) {
    const hint = "use `--kms` and `--pgp` instead."
    const text = `Error: cannot add or remove keys on non-existent file ${goQuoted(missing)}, ${hint}`
    throw failure("FILE_MISSING", 49, text)
  }
  if (modes.some((mode) => mode !== "set")) throw nonExistent(missing)
}

/** Upstream looks for the rule of the file in every mode but decryption, and fails when a config has none for it. */
async function checkRule(session: Session, { flags, global }: SopsInput, file: string): Promise<void> {
  const { requireRule } = await import("../../../app/settings.ts")
  await requireRule(session, flags.optional("filename-override") ?? file, global.optional("config"))
}

/** Each mode works on the file as it is, and only the last result counts; some failures of the others do, too. */
async function tryOut(
  session: Session,
  input: SopsInput,
  { mode, last, file }: { mode: Mode; last: Mode; file: string },
): Promise<void> {
  try {
    await run(session, input, { mode, file, inPlace: false, output: undefined, followLinks: false })
  } catch (error) {
    const isSwallowed = mode === "encrypt" || (mode === "decrypt" && last === "set")
    if (!isSwallowed || !(error instanceof AppError) || isOfPlan(error)) throw error
  }
}

/** What is found out before anything is encrypted. */
function isOfPlan({ code }: AppError): boolean {
  const codes = ["NO_RECIPIENT", "OPTIONS_CONFLICT", "CONTEXT_INVALID", "RECIPIENT_INVALID"]
  return code.startsWith("CONFIG_") || codes.includes(code)
}

interface Job {
  readonly mode: Mode
  readonly file: string
  readonly inPlace: boolean
  readonly output: string | undefined
  readonly followLinks: boolean
}

async function run(session: Session, input: SopsInput, { mode, file, ...target }: Job): Promise<Outcome> {
  switch (mode) {
    case "encrypt": {
      const { encryptFiles } = await import("../../../app/commands/encrypt.ts")
      return encryptFiles(session, { ...encryptOptionsOf(input), ...target, files: [file] })
    }
    case "decrypt": {
      const { decryptFiles } = await import("../../../app/commands/decrypt.ts")
      return decryptFiles(session, { ...decryptOptionsOf(input), ...target, files: [file] })
    }
    case "rotate": {
      const { rotateOptionsOf } = await import("./rotate.ts")
      const { rotateFiles } = await import("../../../app/commands/rotate.ts")
      return rotateFiles(session, { ...rotateOptionsOf(input), ...target, files: [file] })
    }
    case "set": {
      const { path, text } = splitSet(input.flags.text("set"))
      const { setValue } = await import("../../../app/commands/set.ts")
      const value = { from: "argument", text } as const
      return setValue(session, { ...changeOptionsOf(input), file, path, value, string: false, idempotent: false })
    }
  }
}

/** `["a"][0] JSON`: the path ends at the first bracket that a blank follows. */
function splitSet(words: string): { path: string; text: string } {
  const end = words.indexOf("] ")
  if (end === -1) throw failure("PATH_INVALID", 7, "Invalid --set format")
  return { path: words.slice(0, end + 1), text: words.slice(end + 2) }
}
