import { AppError } from "../errors/app-error.ts"

/**
 * The environment for a program that we start, without the variables that hold or lead to identities (rule S11).
 * Called as `sops`, or with `--keep-env`, children inherit them as upstream's do: then this is not asked.
 */
export function withoutIdentities(env: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...env].filter(([name]) => !isIdentityVariable(name)))
}

function isIdentityVariable(name: string): boolean {
  return name.startsWith("SOPS_AGE_KEY") || name.startsWith("SOPS_AGE_SSH_") || name.startsWith("SOTTO_")
}

/**
 * What Node's `spawn` takes. It has no prototype, so a variable may have any name.
 *
 * @throws {AppError} `ENVIRONMENT_INVALID` with the name of a variable that no process can be given. Node would find
 *   that too, but its message quotes the value.
 */
export function spawnEnvironment(env: ReadonlyMap<string, string>): NodeJS.ProcessEnv {
  const object = Object.create(null) as NodeJS.ProcessEnv
  for (const [name, value] of env) {
    if (name === "" || name.includes("=") || name.includes("\0") || value.includes("\0")) {
      throw new AppError("ENVIRONMENT_INVALID", {}, { subject: name === "" ? "an empty name" : name })
    }
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return object
}
