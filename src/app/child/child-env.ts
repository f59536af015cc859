import { AppError, type Detail, type Where } from "../../errors/app-error.ts"
import { type EnvValue } from "./env-values.ts"
import { whySteering } from "./steering-names.ts"

/** A value for a child, and where it comes from. */
export interface SourcedValue extends EnvValue {
  /** For people. */
  readonly file: string
}

/** Names that a file may set although they steer programs. */
export interface AllowedNames {
  readonly byOption: readonly string[]
  /** Asked only when a name is needed that no option allows. */
  byUser(file: string): Promise<readonly string[]>
}

/**
 * Refuses what no child may get, all of it at once: nobody should learn of the second name from the second attempt.
 *
 * @throws {AppError} `ENV_NAME_INVALID`, `ENV_VALUE_INVALID`, `ENV_NAME_DANGEROUS` naming the variables, never a value
 */
export async function checkEnvNames(values: readonly SourcedValue[], allowed: AllowedNames): Promise<void> {
  const misnamed = values.filter(({ name }) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  if (misnamed.length > 0) throw new AppError("ENV_NAME_INVALID", ...others(misnamed))
  const unfit = values.filter(({ value }) => value.includes("\0"))
  if (unfit.length > 0) throw new AppError("ENV_VALUE_INVALID", ...others(unfit))
  const refused: SourcedValue[] = []
  for (const value of values) {
    if (whySteering(value.name) === null || allowed.byOption.includes(value.name)) continue
    if (!(await allowed.byUser(value.file)).includes(value.name)) refused.push(value)
  }
  const [first] = refused
  if (first === undefined) return
  const names = [...new Set(refused.map(({ name }) => name))]
  throw new AppError(
    "ENV_NAME_DANGEROUS",
    { file: first.file, path: first.path },
    {
      subject: names.join(", "),
      notes: names.map((name) => `${name}: ${whySteering(name)!}`),
      hint: `if the program shall have them, say --allow-env ${names.join(",")}, or for good: allow_env in your own ~/.sopsrc`,
    },
  )
}

function others([first, ...more]: readonly SourcedValue[]): [where: Where, detail: Detail] {
  return [
    { file: first!.file, path: first!.path },
    { notes: more.map(({ path, file }) => `also ${path.join(".")} of ${file}`) },
  ]
}

const ownPrefixes = ["SOPS_AGE_KEY", "SOPS_AGE_SSH_", "SOTTO_"]

/** The environment of this process without what opens files: a child gets values, not identities (S11). */
export function inheritedEnv(env: ReadonlyMap<string, string>, keepEnv: boolean): Map<string, string> {
  if (keepEnv) return new Map(env)
  return new Map([...env].filter(([name]) => !ownPrefixes.some((prefix) => name.startsWith(prefix))))
}
