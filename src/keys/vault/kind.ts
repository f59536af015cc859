import { hostName, withoutSlash, type RecipientKind } from "../kind.ts"

declare module "../../core/recipient.ts" {
  interface RecipientFields {
    readonly hc_vault: { readonly vaultAddress: string; readonly enginePath: string; readonly keyName: string }
  }
}

const segmentPattern = /^[A-Za-z0-9_.-]{1,255}$/
const form = "a Vault key is https://HOST/v1/ENGINE/keys/NAME"

/** Mounts that Vault keeps for itself: no transit engine can be there, but dangerous calls are. */
const reserved: ReadonlySet<string> = new Set(["sys", "auth", "identity", "cubbyhole"])

/** Keys of a transit engine of Vault or OpenBao. */
export const vaultKind = {
  type: "hc_vault",
  title: "Vault",
  isOnline: true,
  load: () => import("./vault.ts").then(({ vault }) => vault),
  ranks: { inFile: 4, inConfig: 6, inOptions: 5 },
  isDated: true,
  isAlwaysInGroup: true,
  read: (text) => ({
    vaultAddress: text("vault_address"),
    enginePath: text("engine_path"),
    keyName: text("key_name"),
  }),
  write: ({ vaultAddress, enginePath, keyName }) => ({
    vault_address: vaultAddress,
    engine_path: enginePath,
    key_name: keyName,
  }),
  name: ({ vaultAddress, enginePath, keyName }) => `${vaultAddress}/v1/${enginePath}/keys/${keyName}`,
  form,
  parse(text) {
    const [, vaultAddress, path] = /^([a-z]+:\/\/[^/]+)\/v[0-9]+\/(.+)$/.exec(text) ?? []
    const segments = (path ?? "").replace(/\/$/, "").split("/")
    const keyName = segments.pop()
    if (segments.pop() !== "keys" || vaultAddress === undefined || keyName === undefined) return null
    return { vaultAddress, enginePath: segments.join("/"), keyName }
  },
  against({ vaultAddress, enginePath, keyName }) {
    const [, rest] = /^https?:\/\/(.*)$/.exec(vaultAddress) ?? []
    const segments = [...enginePath.split("/"), keyName]
    const isAddress = rest !== undefined && hostName.test(withoutSlash(rest))
    const isPath = segments.every((segment) => segmentPattern.test(segment) && segment !== "." && segment !== "..")
    if (!isAddress || !isPath) return form
    return reserved.has(segments[0] ?? "") ? "no transit engine can be mounted there" : null
  },
  config: {
    flatKey: "hc_vault_transit_uri",
    groupKey: "hc_vault",
    skipsEmpty: true,
    looksLike: (text) => /^https?:\/\//.test(text) && text.includes("/keys/") && text.includes("/v1/"),
  },
  option: {
    name: "hcVaultTransit",
    flag: "hc-vault-transit",
    variable: "SOPS_VAULT_URIS",
    value: "URIS",
    things: "Vault transit keys",
    summary: "Vault or OpenBao transit keys",
  },
  proto: {
    key: 5,
    fields: [
      [1, "vaultAddress"],
      [2, "enginePath"],
      [3, "keyName"],
    ],
  },
} as const satisfies RecipientKind<"hc_vault">
