import { type Session } from "../session.ts"
import { loadSettings } from "../settings.ts"

/**
 * Looks for the rule of a file and does nothing with it: the old form of `sops` fails where a config has none.
 *
 * @throws {AppError} of the config, `CONFIG_NO_RULE` among them
 */
export async function requireRule(session: Session, name: string, config: string | undefined): Promise<void> {
  const settings = await loadSettings(session, name, config)
  await settings.sealingRule()
}
