import { type MetaMap, field, invalidMetadata, textField } from "../../core/format.ts"
import { type RecipientOf } from "../../core/recipient.ts"
import { hasControl, hasOddSegment, type RecipientKind } from "../kind.ts"

declare module "../../core/recipient.ts" {
  interface RecipientFields {
    readonly kms: {
      readonly arn: string
      readonly role: string
      readonly context: ReadonlyMap<string, string>
      readonly awsProfile: string
    }
  }
}

const arnPattern =
  /^arn:aws[a-z-]{0,20}:kms:[a-z0-9-]{1,32}:[0-9]{1,20}:(key\/[A-Za-z0-9-]{1,128}|alias\/[A-Za-z0-9/_-]{1,250})$/
// A role is never part of a URL, and its name may hold "@" and dots.
const rolePattern = /^arn:aws[a-z-]{0,20}:iam::[0-9]{1,20}:role\/[A-Za-z0-9_+=,.@/-]{1,512}$/
const form = "an AWS key is arn:aws:kms:REGION:ACCOUNT:key/ID or alias/NAME"

/** Keys of AWS KMS, which may need a role, a profile and an encryption context. */
export const kmsKind = {
  type: "kms",
  title: "AWS KMS",
  isOnline: true,
  load: () => import("./aws.ts").then(({ aws }) => aws),
  ranks: { inFile: 0, inConfig: 2, inOptions: 0 },
  isDated: true,
  isAlwaysInGroup: false,
  read: (text, entry) => ({
    arn: text("arn"),
    role: text("role"),
    context: readContext(entry),
    awsProfile: text("aws_profile"),
  }),
  write: ({ arn, role, context, awsProfile }) => ({
    arn,
    aws_profile: awsProfile,
    ...(role === "" ? {} : { role }),
    ...(context.size === 0 ? {} : { context: new Map([...context].sort(([a], [b]) => (a < b ? -1 : 1))) }),
  }),
  name,
  form,
  // The role follows a plus sign, as in `arn:aws:kms:...+arn:aws:iam::...`.
  parse(joined, { context = new Map<string, string>(), awsProfile = "" }) {
    const text = joined.replaceAll(" ", "")
    const plus = text.indexOf("+arn:")
    const isJoined = plus > 0
    return {
      arn: isJoined ? text.slice(0, plus) : text,
      role: isJoined ? text.slice(plus + 1) : "",
      context,
      awsProfile,
    }
  },
  against({ arn, role, context, awsProfile }) {
    if (!arnPattern.test(arn) || hasOddSegment(arn)) return form
    if (role !== "" && (!rolePattern.test(role) || hasOddSegment(role)))
      return "a role is arn:aws:iam::ACCOUNT:role/NAME"
    if ([...context].flat().some((text) => hasControl(text))) return "its context holds a control character"
    return awsProfile.length > 128 ? "its profile name is too long" : null
  },
  config: {
    flatKey: "kms",
    groupKey: "kms",
    fields: {
      needed: ["arn"],
      optional: ["role", "context", "aws_profile"],
      // The ARN is taken as it is: a role is a field of its own here.
      read: ({ text, map }) => ({
        arn: text("arn"),
        role: text("role"),
        context: map("context"),
        awsProfile: text("aws_profile"),
      }),
      write: ({ arn, role, context, awsProfile }) => ({ arn, role, context, aws_profile: awsProfile }),
    },
    looksLike: (text) => text.startsWith("arn:"),
  },
  option: {
    name: "kms",
    flag: "kms",
    short: "k",
    variable: "SOPS_KMS_ARN",
    value: "ARNS",
    things: "AWS KMS keys",
    summary: "AWS KMS keys; ARN+ROLE assumes a role",
  },
  proto: {
    key: 1,
    fields: [
      [1, "arn"],
      [2, "role"],
      [3, "context", "pairs"],
      [4, "awsProfile"],
    ],
  },
} as const satisfies RecipientKind<"kms">

function name({ arn, role, context, awsProfile }: RecipientOf<"kms">): string {
  const pairs = [...context].map(([key, value]) => `${key}:${value}`).sort()
  const withRole = role === "" ? arn : `${arn}+${role}`
  const joined = pairs.join(",")
  if (awsProfile !== "") return `${withRole}|${joined}|${awsProfile}`
  return joined === "" ? withRole : `${withRole}|${joined}`
}

function readContext(entry: MetaMap): ReadonlyMap<string, string> {
  const context = field(entry, "context")
  if (context === undefined || context === null) return new Map()
  if (!(context instanceof Map)) throw invalidMetadata("context of an entry of kms is not a mapping")
  const map = context as MetaMap
  return new Map([...map.keys()].map((key) => [key, textField(map, key)]))
}
