import { spawnSync } from "node:child_process"
import { chmodSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ringPrefix } from "../../temporary-folder.ts"
import { keyFile } from "../golden.ts"

export const hasGpg = spawnSync("gpg", ["--version"]).status === 0
if (!hasGpg) console.warn("gpg is not installed: PGP is not tested")

/** A new key ring with the given keys in it, for `GNUPGHOME`. Its agent ends with the run. */
export function keyRing(...files: readonly string[]): string {
  // The path of the agent's socket must stay short.
  const home = mkdtempSync(join(tmpdir(), ringPrefix))
  chmodSync(home, 0o700)
  for (const file of files) gpg(home, ["--import", keyFile(file)])
  return home
}

export interface NewKey {
  /** Of the primary key, which only signs. */
  readonly fp: string
  /** Of the subkeys that encrypt, the oldest first. */
  readonly subkeys: readonly string[]
}

/** Makes a key with encryption subkeys. */
export function newKey(
  home: string,
  { name, passphrase = "", subkeys = 1 }: { name: string; passphrase?: string; subkeys?: number },
): NewKey {
  const secret = ["--pinentry-mode", "loopback", "--passphrase", passphrase]
  gpg(home, [...secret, "--quick-gen-key", `${name} <${name}@example.invalid>`, "ed25519", "sign", "never"])
  const [fp = ""] = fingerprints(home, name)
  for (let i = 0; i < subkeys; i++) gpg(home, [...secret, "--quick-add-key", fp, "cv25519", "encr", "never"])
  return { fp, subkeys: fingerprints(home, fp).slice(1) }
}

export function gpg(home: string, args: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync("gpg", ["--batch", "--no-tty", "--homedir", home, ...args], { input })
  if (status !== 0) throw new Error(`gpg ${args.join(" ")}: ${String(stderr)}`)
  return String(stdout)
}

/** Ends the agent of a key ring, and with it every passphrase that it remembers. */
export function endAgent(home: string): void {
  spawnSync("gpgconf", ["--homedir", home, "--kill", "all"])
}

function fingerprints(home: string, name: string): string[] {
  const list = gpg(home, ["--with-colons", "--with-subkey-fingerprint", "--list-keys", name])
  return list
    .split("\n")
    .filter((line) => line.startsWith("fpr:"))
    .map((line) => line.split(":")[9]!)
}
