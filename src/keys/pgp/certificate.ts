import { runSlot } from "../../core/run-memory.ts"
import { AppError } from "../../errors/app-error.ts"
import { type KeyContext } from "../provider.ts"
import { runGpg } from "./gpg.ts"

/** A public key with its subkeys, as gpg knows it. Fingerprints are in capitals, the primary key's first. */
export type Certificate = readonly string[]

const known = runSlot<Map<string, Promise<readonly Certificate[]>>>()

/**
 * The certificates of the user's key ring that a fingerprint or key ID names, by their primary key or a subkey. gpg is
 * asked once in a run for each.
 */
export function certificatesOf(fp: string, context: KeyContext): Promise<readonly Certificate[]> {
  const asked = known.of(context.session, () => new Map())
  const found = asked.get(fp) ?? list(fp, context)
  asked.set(fp, found)
  return found
}

/** Whether a name (16, 40 or 64 hex digits) is that of a key. */
export function isNameOf(name: string, fingerprint: string): boolean {
  const wanted = name.toUpperCase()
  if (wanted.length === fingerprint.length) return wanted === fingerprint
  return wanted.length === 16 && keyIdOf(fingerprint) === wanted
}

/** The 16 digits by which messages name a key: the first ones of a version 5 fingerprint, else the last. */
export function keyIdOf(fingerprint: string): string {
  return fingerprint.length === 64 ? fingerprint.slice(0, 16) : fingerprint.slice(-16)
}

async function list(fp: string, context: KeyContext): Promise<readonly Certificate[]> {
  // With 0x in front gpg never takes the text for a part of somebody's name.
  const options = ["--with-colons", "--with-subkey-fingerprint", "--list-keys"]
  const { stdout } = await runGpg(context, { options, operands: [`0x${fp}`] })
  const certificates: string[][] = []
  for (const line of Buffer.from(stdout).toString("utf8").split("\n")) {
    const fields = line.split(":")
    if (fields[0] === "pub") certificates.push([])
    const fingerprint = fields[9] ?? ""
    if (fields[0] === "fpr" && /^[0-9A-F]{40,64}$/.test(fingerprint)) certificates.at(-1)?.push(fingerprint)
  }
  return certificates.filter((keys) => keys.some((key) => isNameOf(fp, key)))
}

/**
 * The one certificate that is named.
 *
 * @throws {AppError} `PGP_KEY` when the key ring holds none or several
 */
export async function certificateOf(fp: string, context: KeyContext): Promise<Certificate> {
  const [certificate, ...others] = await certificatesOf(fp, context)
  if (certificate === undefined) {
    throw new AppError(
      "PGP_KEY",
      { provider: "pgp", recipient: fp },
      { subject: "gpg does not have this public key", hint: "import it: gpg --import FILE" },
    )
  }
  if (others.length === 0) return certificate
  throw new AppError(
    "PGP_KEY",
    { provider: "pgp", recipient: fp },
    { subject: "several keys have this ID", hint: "name the key by its whole fingerprint" },
  )
}
