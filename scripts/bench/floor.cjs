// What a start costs with X25519, HKDF, ChaCha20, one SHA-512 and so many values under AES-256-GCM, and nothing else: no
// program that opens a file can be faster. COUNT is the argument.
const crypto = require("node:crypto")

const count = Number(process.argv.at(-1))
const [key, nonce, aad] = [
  crypto.createSecretKey(Buffer.alloc(32, 1)),
  Buffer.alloc(32, 2),
  Buffer.from("section:key:"),
]
const options = { authTagLength: 16 }
const cipher = crypto.createCipheriv("aes-256-gcm", key, nonce, options)
cipher.setAAD(aad)
const data = cipher.update(Buffer.from("a value of some words"))
cipher.final()
const tag = cipher.getAuthTag()
const scalar = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), Buffer.alloc(32, 9)])
const privateKey = crypto.createPrivateKey({ key: scalar, format: "der", type: "pkcs8" })
crypto.hkdfSync(
  "sha256",
  crypto.diffieHellman({ privateKey, publicKey: crypto.createPublicKey(privateKey) }),
  "",
  "",
  32,
)
const hash = crypto.createHash("sha512")
for (let at = 0; at < count; at++) {
  const decipher = crypto.createDecipheriv("aes-256-gcm", key, nonce, options)
  decipher.setAAD(aad)
  decipher.setAuthTag(tag)
  hash.update(decipher.update(data))
  decipher.final()
}
hash.digest()
