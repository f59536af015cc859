import { scrypt } from "node:crypto"
import { type Aead, zeroNonce } from "./aead.ts"
import { decodeBase64 } from "../../core/base64.ts"
import { broken } from "./broken.ts"
import { type Stanza } from "./stanza.ts"

const label = "age-encryption.org/v1/scrypt"
/** As age: 2^22 takes some 15 seconds and 4 GB. */
const workFactorMax = 22

/**
 * Unwraps the file key of an identity file that is locked with a passphrase. Never used on a data key's own stanza.
 *
 * @returns `null` when the passphrase is wrong, or when the file is locked in another way
 * @throws {AppError} `STANZA_INVALID` for a scrypt stanza of the wrong shape, or one that is not alone
 */
export async function unwrapWithPassphrase(
  stanzas: readonly Stanza[],
  passphrase: string,
  aead: Aead,
): Promise<Uint8Array | null> {
  const stanza = stanzas.find(({ type }) => type === "scrypt")
  if (stanza === undefined) return null
  const { salt, workFactor } = parse(stanza)
  if (stanzas.length !== 1) throw broken("header", "a passphrase stanza is not alone")

  const key = await derive(passphrase, Buffer.concat([Buffer.from(label), salt]), 2 ** workFactor)
  const fileKey = aead.open(key, zeroNonce, stanza.body)
  key.fill(0)
  return fileKey
}

function parse({ args, body }: Stanza): { salt: Uint8Array; workFactor: number } {
  const [saltText, factorText] = args
  if (args.length !== 2 || saltText === undefined || factorText === undefined) throw broken("header")
  const salt = decodeBase64(saltText, { isPadded: false })
  if (salt?.length !== 16 || !/^[1-9][0-9]?$/.test(factorText) || body.length !== 32) throw broken("header")
  const workFactor = Number(factorText)
  if (workFactor > workFactorMax) throw broken("header", `a work factor over ${workFactorMax}`)
  return { salt, workFactor }
}

function derive(passphrase: string, salt: Uint8Array, cost: number): Promise<Buffer> {
  const options = { N: cost, r: 8, p: 1, maxmem: 128 * 8 * cost + 1024 * 1024 }
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, options, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}
