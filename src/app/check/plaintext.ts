import { alternateName, configFileNames as names } from "../../config/find.ts"
import { compileSelectors } from "../../config/re2.ts"
import { type RuleEntry } from "../../config/config.ts"
import { type RuleSettings } from "../../config/defaults.ts"
import { select } from "../../core/select.ts"
import { AppError } from "../../errors/app-error.ts"
import { detectPlainFormat } from "../../formats/plain-name.ts"
import { loadFormat } from "../../formats/registry.ts"
import { isCatchAll } from "./rule-lint.ts"
import { isClear } from "./values.ts"

const configs: ReadonlySet<string> = new Set([...names, alternateName])
const gitNames: ReadonlySet<string> = new Set([".gitattributes", ".gitignore", ".gitkeep", ".gitmodules"])
/** Files that show what the real one looks like, and the public half of a key. */
const example = /\.(?:example|sample|dist)(?:\.[^./]+)?$|\.pub$/

/** Whether a rule wants the file at a path to be sealed. Its content is another question. */
export function isToBeSealed(file: string, entry: RuleEntry, settings: RuleSettings): boolean {
  const name = file.slice(file.lastIndexOf("/") + 1)
  if (settings.check === "skip" || isConfig(file) || gitNames.has(name) || isCalledExample(name)) return false
  return !isCatchAll(entry) || isCalledSecret(file)
}

/** @param name - without folders, or with them */
export function isCalledExample(name: string): boolean {
  return example.test(name)
}

export function isConfig(file: string): boolean {
  return configs.has(file.slice(file.lastIndexOf("/") + 1))
}

/**
 * A rule for every path says who opens files, and not that all of them are secret: nobody wants to hear of a README.
 * What is called a secret is meant all the same.
 */
function isCalledSecret(file: string): boolean {
  const name = file.slice(file.lastIndexOf("/") + 1)
  const isEnv = /^\.env(?:\.|$)/.test(name)
  if (isEnv) return true
  return detectPlainFormat(name) !== "binary" && /secret|credential|passw|\.enc\.|\.sops\.|\.env$/i.test(file)
}

/** Whether sealing would seal anything: a Kubernetes object without the keys that the rule selects is fine as it is. */
export async function hasSomethingToSeal(file: string, text: string | null, settings: RuleSettings): Promise<boolean> {
  if (text === "") return false
  const name = settings.inputType ?? detectPlainFormat(file)
  if (text === null || name === "binary" || settings.container) return true
  try {
    const { sites } = (await loadFormat(name)).scan(text)
    const compiled = await compileSelectors(settings.selectors, { refuseInvalid: false })
    const selected = select(sites, compiled)
    return sites.some((site, index) => selected[index]! && isClear(site))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    // Comments alone are no document to YAML.
    return error.code !== "NO_DOCUMENT" && /^[ \t\r]*[^ \t\r\n#]/m.test(text.replace(/^\ufeff/, ""))
  }
}
