import { type RecipientType } from "../core/recipient.ts"
import { type Manifest } from "./provider.ts"

/** Every kind of recipient that can be wrapped for and unwrapped: one line each. Loading is left to the moment of use. */
export const manifests: readonly Manifest[] = [
  { type: "age", title: "age", isOnline: false, load: () => import("./age.ts").then(({ age }) => age) },
  { type: "pgp", title: "PGP", isOnline: false, load: () => import("./pgp/pgp.ts").then(({ pgp }) => pgp) },
  { type: "kms", title: "AWS KMS", isOnline: true, load: () => import("./aws/aws.ts").then(({ aws }) => aws) },
  { type: "gcp_kms", title: "GCP KMS", isOnline: true, load: () => import("./gcp/gcp.ts").then(({ gcp }) => gcp) },
  {
    type: "azure_kv",
    title: "Azure Key Vault",
    isOnline: true,
    load: () => import("./azure/azure.ts").then(({ azure }) => azure),
  },
  {
    type: "hc_vault",
    title: "Vault",
    isOnline: true,
    load: () => import("./vault/vault.ts").then(({ vault }) => vault),
  },
  {
    type: "hckms",
    title: "HuaweiCloud KMS",
    isOnline: true,
    load: () => import("./huawei/huawei.ts").then(({ huawei }) => huawei),
  },
]

export function manifestOf(type: RecipientType, among: readonly Manifest[] = manifests): Manifest | undefined {
  return among.find((manifest) => manifest.type === type)
}
