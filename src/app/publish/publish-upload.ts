import { type DestinationRule } from "../../config/sops-yaml.ts"
import { keyContext } from "../machine.ts"
import { type Session } from "../session.ts"

/** Something ready to be sent. */
export interface Upload {
  /** Where to, for people. */
  readonly shown: string
  send(): Promise<void>
}

interface Target {
  readonly session: Session
  readonly rule: DestinationRule
  /** Of the object or secret, after the prefix or path. */
  readonly name: string
  /** The source. */
  readonly file: string | null
}

/** @param content - the bytes of an object, or the JSON of a secret */
export async function uploadTo(target: Target, content: Uint8Array | string): Promise<Upload> {
  const { session, rule, name, file } = target
  const context = keyContext(session, [file])
  if (typeof content === "string") return toVault(target, content)
  if (rule.s3Bucket !== "") {
    const { putS3 } = await import("../../publish/s3.ts")
    const object = { bucket: rule.s3Bucket, prefix: rule.s3Prefix, name, bytes: content }
    return { shown: `s3://${rule.s3Bucket}/${rule.s3Prefix}${name}`, send: () => putS3(object, context) }
  }
  const { putGcs } = await import("../../publish/gcs.ts")
  const object = { bucket: rule.gcsBucket, prefix: rule.gcsPrefix, name, bytes: content }
  return { shown: `gcs://${rule.gcsBucket}/${rule.gcsPrefix}${name}`, send: () => putGcs(object, context) }
}

async function toVault({ session, rule, name, file }: Target, json: string): Promise<Upload> {
  const { putVault, vaultPlace } = await import("../../publish/vault-kv.ts")
  const context = keyContext(session, [file])
  const place = {
    address: rule.vaultAddress,
    mount: rule.vaultMount,
    path: rule.vaultPath,
    version: rule.vaultVersion === 1 ? 1 : 2,
  }
  const { address, path } = vaultPlace(place, name, context)
  const say = (level: "warning" | "info", text: string): void => session.log?.({ level, logger: "PUBLISH", text })
  return {
    shown: `${address}/v1/${path}`,
    async send() {
      const isWritten = await putVault({ ...place, name, json }, context, () => {
        const rest = "New version will be created even if the data has not been changed."
        say("warning", `Cannot check if destination secret already exists in ${path}. ${rest}`)
      })
      if (!isWritten) say("info", `Secret in ${path} is already up-to-date.\n`)
    },
  }
}
