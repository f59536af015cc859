import { createDecipheriv } from "node:crypto"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { type WrappedKey } from "../../src/core/recipient.ts"
import { type SecretBytes } from "../../src/core/secret.ts"

/** Metadata of a file that a release of sops sealed, and one of its tokens. */
export interface GoldenRow {
  readonly case: string
  readonly version: string
  /** Variable to key file. */
  readonly identity: Readonly<Record<string, string>>
  readonly passphrase?: string
  readonly threshold: number
  readonly groups: readonly (readonly { readonly recipient: string; readonly enc: string }[])[]
  readonly aad: string
  readonly token: string
}

export const goldenRows = JSON.parse(readFileSync(keyFile("wrapped.json"), "utf8")) as readonly GoldenRow[]

export const recipients = JSON.parse(readFileSync(keyFile("recipients.json"), "utf8")) as Readonly<
  Record<"age-a" | "age-b" | "age-c" | "age-stranger" | "age-locked" | "ssh-ed25519" | "ssh-rsa", string>
>

export function goldenRow(name: string): GoldenRow {
  const row = goldenRows.find(({ case: one }) => one === name)
  if (row === undefined) throw new Error(`no golden row ${name}`)
  return row
}

export function keyFile(name: string): string {
  return resolve(import.meta.dirname, "../../fixtures/keys", name)
}

export function keyText(name: string): string {
  return readFileSync(keyFile(name), "utf8")
}

export function goldenGroups({ groups }: GoldenRow): WrappedKey[][] {
  return groups.map((group) =>
    group.map(({ recipient, enc }) => ({ recipient: { type: "age", recipient }, enc, createdAt: null })),
  )
}

export function goldenEnv({ identity }: GoldenRow): Record<string, string> {
  return Object.fromEntries(Object.entries(identity).map(([name, file]) => [name, keyFile(file)]))
}

/** Whether a data key is the one that the golden file's token was sealed with. */
export function opensToken({ token, aad }: GoldenRow, dataKey: SecretBytes): boolean {
  const [data, iv, tag] = ["data", "iv", "tag"].map((name) => {
    const text = new RegExp(`[\\[,]${name}:([^,]*)`).exec(token)?.[1] ?? ""
    return Buffer.from(text, "base64")
  })
  return dataKey.use((key) => {
    const decipher = createDecipheriv("aes-256-gcm", key, iv!, { authTagLength: 16 })
    decipher.setAAD(Buffer.from(aad)).setAuthTag(tag!)
    decipher.update(data!)
    try {
      decipher.final()
      return true
    } catch {
      return false
    }
  })
}
