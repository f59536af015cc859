// What a start costs with what a command cannot do without, and nothing else: no program of this runtime that does the
// same by node:crypto can be faster. WORK is
//   start          nothing
//   hash COUNT     as many SHA-256 of a sealed value
//   open COUNT     X25519, HKDF, a SHA-512 and as many values under AES-256-GCM
// and what follows `--` is a child, started and waited for as `exec-env` and `run` do.
const words = process.argv.slice(2)
const end = words.indexOf("--")
const [work, count] = words
const works = { start() {}, hash, open }
works[work](Number(count))
if (end !== -1) start(words.slice(end + 1))

function hash(times) {
  const { createHash } = require("node:crypto")
  const token = `ENC[AES256_GCM,data:${"A".repeat(28)},iv:${"A".repeat(44)},tag:${"A".repeat(24)},type:str]`
  for (let at = 0; at < times; at++) createHash("sha256").update(token).digest("hex")
}

function open(times) {
  const crypto = require("node:crypto")
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
  const publicKey = crypto.createPublicKey(privateKey)
  crypto.hkdfSync("sha256", crypto.diffieHellman({ privateKey, publicKey }), "", "", 32)
  const mac = crypto.createHash("sha512")
  for (let at = 0; at < times; at++) {
    const decipher = crypto.createDecipheriv("aes-256-gcm", key, nonce, options)
    decipher.setAAD(aad)
    decipher.setAuthTag(tag)
    mac.update(decipher.update(data))
    decipher.final()
  }
  mac.digest()
}

function start([program, ...args]) {
  const child = require("node:child_process").spawn(program, args, { stdio: "inherit" })
  child.on("exit", (status) => {
    process.exitCode = status ?? 1
  })
}
