import { type RecipientKind } from "../kind.ts"

declare module "../../core/recipient.ts" {
  interface RecipientFields {
    readonly gcp_kms: { readonly resourceId: string }
  }
}

const pattern =
  /^projects\/([A-Za-z0-9][A-Za-z0-9._:-]{0,127})\/locations\/[a-z0-9-]{1,63}\/keyRings\/[A-Za-z0-9_-]{1,63}\/cryptoKeys\/[A-Za-z0-9_-]{1,63}$/
const form = "a GCP key is projects/P/locations/L/keyRings/R/cryptoKeys/K"

export const gcpKind = {
  type: "gcp_kms",
  title: "GCP KMS",
  isOnline: true,
  load: () => import("./gcp.ts").then(({ gcp }) => gcp),
  ranks: { inFile: 1, inConfig: 3, inOptions: 1 },
  isDated: true,
  isAlwaysInGroup: false,
  read: (text) => ({ resourceId: text("resource_id") }),
  write: ({ resourceId }) => ({ resource_id: resourceId }),
  name: ({ resourceId }) => resourceId,
  form,
  parse: (text) => ({ resourceId: text.replaceAll(" ", "") }),
  against: ({ resourceId }) => (pattern.test(resourceId) ? null : form),
  config: {
    flatKey: "gcp_kms",
    groupKey: "gcp_kms",
    fields: {
      needed: ["resource_id"],
      optional: [],
      read: ({ text }) => ({ resourceId: text("resource_id").replaceAll(" ", "") }),
      write: ({ resourceId }) => ({ resource_id: resourceId }),
    },
    looksLike: (text) => text.startsWith("projects/"),
  },
  option: {
    name: "gcpKms",
    flag: "gcp-kms",
    variable: "SOPS_GCP_KMS_IDS",
    value: "IDS",
    things: "GCP KMS keys",
    summary: "GCP KMS keys",
  },
  proto: { key: 3, fields: [[1, "resourceId"]] },
} as const satisfies RecipientKind<"gcp_kms">
