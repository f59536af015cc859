import { AppError } from "../errors/app-error.ts"
import { type Config, creationEntry } from "./config.ts"
import { loadPatternIfValid } from "./re2.ts"
import { type Rule, type RuleOptions, resolveEntry } from "./rule.ts"
import { type DestinationRule } from "./sops-yaml.ts"

export interface Destination {
  readonly rule: DestinationRule
  /** `null`: the file is uploaded as it is. */
  readonly recreation: Rule | null
}

/**
 * Where `publish` puts a file. The first destination that matches is used alone.
 *
 * @param path - exactly as it was given or walked to: it is not made absolute, and an invalid pattern never matches it
 * @throws {AppError} `CONFIG_NO_DESTINATION`, or `CONFIG_INVALID` when a rule has none or more than one
 * @see sops v3.13.2 config/config.go, parseDestinationRuleForFile
 */
export async function destinationFor(config: Config, path: string, options: RuleOptions): Promise<Destination> {
  for (const [index, rule] of config.destinations.entries()) {
    if (rule.pathRegex !== "" && !((await loadPatternIfValid(rule.pathRegex))?.test(path) ?? false)) continue
    checkOneTarget(config, rule)
    const { recreation } = rule
    if (recreation === null) return { rule, recreation: null }
    const entry = creationEntry(recreation, index, config.stores)
    return { rule, recreation: await resolveEntry(config, entry, options) }
  }
  throw new AppError("CONFIG_NO_DESTINATION", { file: config.file })
}

function checkOneTarget(config: Config, { at, s3Bucket, gcsBucket, vaultPath }: DestinationRule): void {
  const count = [s3Bucket, gcsBucket, vaultPath].filter((target) => target !== "").length
  if (count === 1) return
  const subject = count === 0 ? "no destination configured" : "a destination rule has more than one destination"
  throw new AppError("CONFIG_INVALID", { file: config.file, ...at }, { subject })
}
