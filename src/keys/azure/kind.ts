import { hostName, withoutSlash, type RecipientKind } from "../kind.ts"

declare module "../../core/recipient.ts" {
  interface RecipientFields {
    readonly azure_kv: { readonly vaultUrl: string; readonly name: string; readonly version: string }
  }
}

const namePattern = /^[A-Za-z0-9-]{1,127}$/
const versionPattern = /^[A-Za-z0-9]{0,64}$/
const form = "an Azure key is https://VAULT/keys/NAME/VERSION"

export const azureKind = {
  type: "azure_kv",
  title: "Azure Key Vault",
  isOnline: true,
  load: () => import("./azure.ts").then(({ azure }) => azure),
  ranks: { inFile: 3, inConfig: 5, inOptions: 3 },
  isDated: true,
  isAlwaysInGroup: false,
  read: (text) => ({ vaultUrl: text("vault_url"), name: text("name"), version: text("version") }),
  write: ({ vaultUrl, name, version }) => ({ vault_url: vaultUrl, name, version }),
  name: ({ vaultUrl, name, version }) => `${vaultUrl}/keys/${name}/${version}`,
  form,
  // Without a version the newest one is asked for when the data key is wrapped.
  parse(text) {
    const [, vaultUrl, name, version = ""] = /^(https:\/\/[^/]+)\/keys\/([^/]+)(?:\/([^/]*))?$/.exec(text) ?? []
    return vaultUrl === undefined || name === undefined ? null : { vaultUrl, name, version }
  },
  against({ vaultUrl, name, version }) {
    const isUrl = vaultUrl.startsWith("https://") && hostName.test(withoutSlash(vaultUrl.slice("https://".length)))
    return isUrl && namePattern.test(name) && versionPattern.test(version) ? null : form
  },
  loose: (recipient) => ({ ...recipient, vaultUrl: withoutSlash(recipient.vaultUrl), version: "" }),
  isOpen: ({ version }) => version === "",
  config: {
    flatKey: "azure_keyvault",
    groupKey: "azure_keyvault",
    otherKeys: ["azure_kv"],
    fields: {
      needed: ["vaultUrl", "key"],
      optional: ["version"],
      read: ({ text }) => ({ vaultUrl: text("vaultUrl"), name: text("key"), version: text("version") }),
      write: ({ vaultUrl, name: key, version }) => ({ vaultUrl, key, version }),
    },
    looksLike: (text) => /^https?:\/\//.test(text) && text.includes("/keys/") && !text.includes("/v1/"),
  },
  option: {
    name: "azureKv",
    flag: "azure-kv",
    variable: "SOPS_AZURE_KEYVAULT_URLS",
    value: "URLS",
    things: "Azure Key Vault keys",
    summary: "Azure Key Vault keys",
  },
  proto: {
    key: 4,
    fields: [
      [1, "vaultUrl"],
      [2, "name"],
      [3, "version"],
    ],
  },
} as const satisfies RecipientKind<"azure_kv">
