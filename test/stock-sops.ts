/** The binary of real sops, where SOPS_BIN names one. Tests beside it are skipped otherwise, and that is said. */
export const stockSops = process.env["SOPS_BIN"] === "" ? undefined : process.env["SOPS_BIN"]

if (stockSops === undefined) console.warn("SOPS_BIN names no sops: nothing is compared with real sops")
