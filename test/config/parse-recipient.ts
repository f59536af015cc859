import { type Recipient, type RecipientType } from "../../src/core/recipient.ts"
import { AppError } from "../../src/errors/app-error.ts"

/** A grammar for tests of the config alone: a comma list of texts without blanks. */
export function parseRecipient(type: RecipientType, text: string): readonly Recipient[] {
  return text.split(",").map((piece) => one(type, piece.trim()))
}

function one(type: RecipientType, text: string): Recipient {
  if (text === "" || text.includes("bad")) throw new AppError("PATTERN_INVALID", {}, { subject: "not a recipient" })
  switch (type) {
    case "age":
      return { type, recipient: text }
    case "pgp":
      return { type, fp: text.replaceAll(" ", "") }
    case "kms": {
      const [arn = "", role = ""] = text.split("+")
      return { type, arn, role, context: new Map(), awsProfile: "" }
    }
    case "gcp_kms":
      return { type, resourceId: text }
    case "azure_kv": {
      const [vaultUrl = "", rest = ""] = text.split("/keys/")
      const [name = "", version = ""] = rest.split("/")
      return { type, vaultUrl, name, version }
    }
    case "hc_vault": {
      const [vaultAddress = "", rest = ""] = text.split("/v1/")
      const [enginePath = "", keyName = ""] = rest.split("/keys/")
      return { type, vaultAddress, enginePath, keyName }
    }
    case "hckms":
      return { type, keyId: text }
  }
}
