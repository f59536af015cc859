import { type FormatName } from "../../core/format.ts"
import { AppError } from "../../errors/app-error.ts"
import { runChild } from "../../host/child.ts"
import { allowedNames, checkEnvNames, inheritedEnv, type SourcedValue } from "../child/child-env.ts"
import { valuesOf, type EnvValue } from "../child/env-values.ts"
import { openFile, withFile } from "../open/open-file.ts"
import { type ChildOptions, type CommonOptions, type OrderOptions, type Source } from "../options.ts"
import { type Outcome, type Session } from "../session.ts"

interface RunOptions extends CommonOptions, ChildOptions, OrderOptions {
  readonly files: readonly Source[]
  readonly inputType: FormatName | undefined
  readonly only: readonly string[]
  readonly prefix: string
  /** What joins the keys of nested mappings; `undefined`: nested values are an error. */
  readonly flatten: string | undefined
  readonly pristine: boolean
  /** Values of dotenv as they are stored, with quotes and all. */
  readonly verbatim: boolean
  /** Program and arguments; never empty. */
  readonly command: readonly string[]
}

/** `run`: a program with the values of sealed files in its environment, and nowhere else. */
export async function runWithValues(session: Session, options: RunOptions): Promise<Outcome> {
  const { io } = session
  const values = await collect(session, options)
  const env = options.pristine ? new Map<string, string>() : inheritedEnv(io.env, options.keepEnv)
  for (const { name, value } of values.values()) env.set(name, value)
  const [program, ...args] = options.command
  const { status } = await runChild(io, { program: program!, args, env, signals: "forward" })
  return { exit: status }
}

async function collect(session: Session, options: RunOptions): Promise<Map<string, EnvValue>> {
  const merged = new Map<string, EnvValue & { source: Source }>()
  const missing = new Set(options.only)
  const all: SourcedValue[] = []
  for (const source of options.files) {
    const file = await openFile(session, { ...options, source, valuesOnly: true })
    try {
      await withFile(file.file, async () => {
        const wanted = valuesOf(session, file, { ...options, isVerbatim: options.verbatim })
        const named = wanted.map((value) => ({ ...value, name: options.prefix + value.name }))
        all.push(...named.map((value) => ({ ...value, file: source ?? "standard input" })))
        for (const [index, value] of named.entries()) {
          missing.delete(wanted[index]!.name)
          const before = merged.get(value.name)
          if (before !== undefined)
            session.notice(
              `${value.name}: ${before.source ?? "standard input"} and ${source ?? "standard input"} both set it, and the later file wins`,
            )
          merged.set(value.name, { ...value, source })
        }
      })
    } finally {
      file.dataKey.wipe()
    }
  }
  await checkEnvNames(all, allowedNames(session, options))
  if (missing.size > 0) throw missingKeys([...missing], options.files)
  return merged
}

/** A typo in `--only` must not start the child without its secret. */
function missingKeys(names: readonly string[], files: readonly Source[]): AppError {
  const notes = names.slice(1).map((name) => `nor at ${name}`)
  const places = files.map((file) => file ?? "standard input").join(", ")
  return new AppError(
    "KEY_NOT_FOUND",
    { path: [names[0]!] },
    {
      exit: 125,
      notes: [...notes, `looked in ${places}`],
      hint: "check its spelling: --only takes the names of the file, without --prefix, and joined by --flatten",
    },
  )
}
