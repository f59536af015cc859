import { type RecipientKind } from "../kind.ts"

declare module "../../core/recipient.ts" {
  interface RecipientFields {
    readonly hckms: { readonly keyId: string }
  }
}

const pattern = /^[a-z0-9-]{1,32}:[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/
const form = "a HuaweiCloud key is REGION:UUID"

export const huaweiKind = {
  type: "hckms",
  title: "HuaweiCloud KMS",
  isOnline: true,
  load: () => import("./huawei.ts").then(({ huawei }) => huawei),
  ranks: { inFile: 2, inConfig: 4, inOptions: 2 },
  isDated: true,
  isAlwaysInGroup: false,
  read: (text) => ({ keyId: text("key_id") }),
  write: ({ keyId }) => ({ key_id: keyId }),
  name: ({ keyId }) => keyId,
  form,
  parse: (text) => ({ keyId: text }),
  against: ({ keyId }) => (pattern.test(keyId) ? null : form),
  config: {
    flatKey: "hckms",
    groupKey: "hckms",
    fields: {
      needed: ["key_id"],
      optional: [],
      read: ({ text }) => text("key_id"),
      write: ({ keyId }) => ({ key_id: keyId }),
    },
    isLooseList: true,
    skipsEmpty: true,
    looksLike: (text) => /^[a-z0-9-]+:[0-9A-Fa-f-]{36}$/.test(text),
  },
  option: {
    name: "hckms",
    flag: "hckms",
    variable: "SOPS_HUAWEICLOUD_KMS_IDS",
    value: "IDS",
    things: "HuaweiCloud KMS keys",
    summary: "Huawei KMS keys, REGION:UUID",
  },
  proto: { key: 7, fields: [[1, "keyId"]] },
} as const satisfies RecipientKind<"hckms">
