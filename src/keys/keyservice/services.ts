import { AppError } from "../../errors/app-error.ts"
import { type KeyDialect } from "../provider.ts"
import { addressText, type Address, isLoopback, parseAddress } from "./address.ts"

/** Who wraps and unwraps: this process, then others, one after the other until one succeeds. */
export interface KeyServices {
  readonly isLocal: boolean
  readonly remote: readonly Address[]
}

export const onlyLocal: KeyServices = { isLocal: true, remote: [] }

/**
 * @param uris - of `--keyservice`, in their order
 * @throws {AppError} `KEYSERVICE_ADDRESS`; as `sops` such an address is named and skipped
 */
export function readServices(
  uris: readonly string[],
  { isLocal, dialect, notice }: { readonly isLocal: boolean; readonly dialect: KeyDialect; notice(text: string): void },
): KeyServices {
  const remote = uris.flatMap((uri): Address[] => {
    try {
      return [parseAddress(uri)]
    } catch (error) {
      if (!dialect.skipsBadServices || !(error instanceof AppError)) throw error
      notice(`Error parsing URI for keyservice, skipping: ${uri}`)
      return []
    }
  })
  for (const address of remote) {
    if (!dialect.warnsOfRemoteServices || address.network === "unix" || isLoopback(address.host)) continue
    notice(`${addressText(address)} is on the network, and data keys go to it in the clear`)
  }
  return { isLocal, remote }
}
