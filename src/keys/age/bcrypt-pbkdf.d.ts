declare module "bcrypt-pbkdf" {
  interface BcryptPbkdf {
    /** Fills `key`. @returns 0, or -1 when an argument is out of range */
    pbkdf(
      passphrase: Uint8Array,
      passphraseLength: number,
      salt: Uint8Array,
      saltLength: number,
      key: Uint8Array,
      keyLength: number,
      rounds: number,
    ): number
  }
  const bcrypt: BcryptPbkdf
  export default bcrypt
}
