import { environment } from "../../config/environment.ts"
import { type KeyServices, onlyLocal, readServices } from "../../keys/keyservice/services.ts"
import { type Session } from "../session.ts"

interface KeyServiceChoice {
  /** Addresses, in the order of asking. */
  readonly keyservice: readonly string[]
  /** `undefined`: as the variable says, else yes. */
  readonly enableLocalKeyservice: "true" | "false" | undefined
}

/**
 * The same session, with the key services that options and variables name.
 *
 * @throws {AppError} `KEYSERVICE_ADDRESS`, `ENVIRONMENT_INVALID`
 */
export function withKeyServices(session: Session, { keyservice, enableLocalKeyservice }: KeyServiceChoice): Session {
  const said = environment((name) => session.io.env.get(name)).flag("SOPS_ENABLE_LOCAL_KEYSERVICE") ?? true
  const isLocal = enableLocalKeyservice === undefined ? said : enableLocalKeyservice === "true"
  const notice = (text: string): void => session.notice(text)
  return { ...session, keyServices: readServices(keyservice, { isLocal, dialect: session.dialect.keys, notice }) }
}

export function servicesOf({ keyServices }: Session): KeyServices {
  return keyServices ?? onlyLocal
}
