// The only file that knows bcrypt-pbkdf. OpenSSH locks its private keys with it, and Node has no other.

/** OpenSSH's default is 24; more than this is minutes in JavaScript. */
export const roundsMax = 2048

/** @returns `null` when the library refuses the arguments */
export async function bcryptPbkdf(
  passphrase: Uint8Array,
  { salt, rounds, length }: { salt: Uint8Array; rounds: number; length: number },
): Promise<Uint8Array | null> {
  const { default: bcrypt } = await import("bcrypt-pbkdf")
  const key = new Uint8Array(length)
  const status = bcrypt.pbkdf(passphrase, passphrase.length, salt, salt.length, key, length, rounds)
  return status === 0 ? key : null
}
