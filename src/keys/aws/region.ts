import { STSClient } from "@aws-sdk/client-sts"
import { type KeyContext } from "../provider.ts"
import { silentLogger } from "./handler.ts"

/**
 * The region that the user works in, for what names none: variables first, then the profile.
 *
 * @returns `null` when there is none
 */
export async function defaultRegion({ env }: Pick<KeyContext, "env">): Promise<string | null> {
  const named = env("AWS_REGION") || env("AWS_DEFAULT_REGION") || ""
  if (named !== "") return named
  try {
    return await new STSClient({ logger: silentLogger }).config.region()
  } catch {
    return null
  }
}
