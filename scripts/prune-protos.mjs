// Google's client for KMS comes with descriptors of every service that it could be asked for, and makes them all into
// objects when it starts: a third of a second. A build holds those of the two calls that are made.
const calls = ["Encrypt", "Decrypt"]
// The client looks these up, whatever it is for.
const lookedUp = ["RetiredResource", "DeleteCryptoKeyMetadata", "DeleteCryptoKeyVersionMetadata"]
const kept = {
  "google.cloud.kms.v1": [
    "KeyManagementService",
    "ProtectionLevel",
    ...lookedUp,
    ...calls.flatMap((call) => [`${call}Request`, `${call}Response`]),
  ],
  "google.protobuf": ["Int64Value", "Empty", "Timestamp"],
}

export const prunedProtos = {
  name: "pruned-protos",
  transform(code, id) {
    if (!/@google-cloud[/\\]kms[/\\]build[/\\]protos[/\\]protos\.json$/.test(id)) return null
    const all = JSON.parse(code)
    const pruned = { nested: {} }
    for (const [name, members] of Object.entries(kept)) {
      let [from, to] = [all, pruned]
      for (const part of name.split(".")) {
        from = from.nested[part]
        to = to.nested[part] ??= { nested: {} }
      }
      for (const member of members) {
        if (from.nested[member] === undefined) throw new Error(`${name}.${member} is not there`)
        to.nested[member] = from.nested[member]
      }
    }
    const service = pruned.nested.google.nested.cloud.nested.kms.nested.v1.nested.KeyManagementService
    service.methods = Object.fromEntries(Object.entries(service.methods).filter(([name]) => calls.includes(name)))
    return { code: JSON.stringify(pruned), moduleType: "json" }
  },
}
