import { resolveEntry } from "../../config/rule.ts"
import { sopsYamlOf } from "../../config/write-sops-yaml.ts"
import { AppError } from "../../errors/app-error.ts"
import { parseRecipients } from "../../keys/parse-recipient.ts"
import { type CommonOptions } from "../options.ts"
import { type Outcome, type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"

/**
 * `config export`: the `.sops.yaml` that means the same as a config.
 *
 * @throws {AppError} `CONFIG_UNREADABLE` without a config, and the faults of its rules
 */
export async function exportConfig(session: Session, options: CommonOptions): Promise<Outcome> {
  const { config } = await loadSettings(session, null, options.config)
  if (config === null) throw new AppError("CONFIG_UNREADABLE", {}, { hint: "make one with `sotto init`" })
  const rules = { parse: parseRecipients, dialect: session.dialect.config }
  const { text, unsaid } = await sopsYamlOf(config, (entry) => resolveEntry(config, entry, rules))
  for (const line of unsaid) session.notice(`${config.file}: ${line}`)
  return { output: text }
}
