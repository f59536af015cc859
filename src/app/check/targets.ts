import { type SealedDocument } from "../../core/document.ts"
import { type FormatName } from "../../core/format.ts"
import { type RecipientType } from "../../core/recipient.ts"
import { scalarText } from "../../core/scalar.ts"
import { countedSites } from "../../core/site.ts"
import { looksLikeToken } from "../../core/token.ts"
import { type Finding, finding } from "./finding.ts"
import { metadataLine } from "./sealed-text.ts"
import { placeOfSite } from "./values.ts"

/** Abilities that not every reader of sealed files has. */
interface Abilities {
  /** Sealed dates: tokens of type `time`. */
  readonly time: boolean
  /** `age1pq1...` */
  readonly postQuantum: boolean
  /** `age1NAME1...`: recipients of an age plugin. */
  readonly plugins: boolean
  /** SSH keys as age recipients. */
  readonly ssh: boolean
  readonly huawei: boolean
  readonly commentSelectors: boolean
  readonly macOnlyEncrypted: boolean
  /** Files that are whole in the binary container under a name of another format. */
  readonly containers: boolean
  /** Sealed comments, also those of lists. */
  readonly comments: boolean
  readonly keyGroups: boolean
  readonly documents: boolean
  /** `null`: all. */
  readonly recipients: readonly RecipientType[] | null
  readonly formats: readonly FormatName[] | null
}

const sops37: Abilities = {
  time: false,
  postQuantum: false,
  plugins: false,
  ssh: false,
  huawei: false,
  commentSelectors: false,
  macOnlyEncrypted: false,
  containers: true,
  comments: true,
  keyGroups: true,
  documents: true,
  recipients: null,
  formats: null,
}
const sops39: Abilities = { ...sops37, commentSelectors: true, macOnlyEncrypted: true }
const sops310: Abilities = { ...sops39, time: true, plugins: true, ssh: true }
const sops312: Abilities = { ...sops310, postQuantum: true, huawei: true }
/** They take a file by its name, and a container for the mapping that it is. */
const inKubernetes = { containers: false }

/** Who reads the files; docs/compatibility.md has the same table with its sources. */
export const targets = {
  "sops-3.7": sops37,
  "sops-3.8": sops37,
  "sops-3.9": sops39,
  "sops-3.10": sops310,
  "sops-3.11": sops310,
  "sops-3.12": sops312,
  "sops-3.13": sops312,
  "flux-2.0": { ...sops37, ...inKubernetes },
  "flux-2.1": { ...sops37, ...inKubernetes },
  "flux-2.2": { ...sops37, ...inKubernetes },
  "flux-2.3": { ...sops37, ...inKubernetes },
  "flux-2.4": { ...sops39, ...inKubernetes },
  "flux-2.5": { ...sops39, ...inKubernetes },
  "flux-2.6": { ...sops310, ...inKubernetes, plugins: false },
  "flux-2.7": { ...sops310, ...inKubernetes, plugins: false },
  "flux-2.8": { ...sops310, ...inKubernetes, plugins: false },
  "flux-2.9": { ...sops312, ...inKubernetes, plugins: false },
  "argocd-ksops": { ...sops312, ...inKubernetes },
  ksops: { ...sops312, ...inKubernetes },
  "helm-secrets": { ...sops312, ...inKubernetes },
  "terraform-sops": sops312,
  mise: {
    ...sops37,
    macOnlyEncrypted: true,
    containers: false,
    comments: false,
    keyGroups: false,
    documents: false,
    recipients: ["age", "kms"],
    formats: ["yaml", "json"],
  },
} as const satisfies Record<string, Abilities>

export type TargetName = keyof typeof targets

/** What of a sealed file a reader cannot open, each kind once. */
export function targetFindings(
  { file, text, document }: { readonly file: string; readonly text: string; readonly document: SealedDocument },
  target: TargetName,
): Finding[] {
  const can: Abilities = targets[target]
  const { metadata, format, scan } = document
  const found: Finding[] = []
  const place = { file, line: metadataLine(text) }
  const say = (what: string, at = place): void =>
    void found.push(finding("TARGET_UNSUPPORTED", at, { subject: `${target} does not know ${what}` }))
  const isContainer = metadata.container !== ""
  if (isContainer && !can.containers) say("a file sealed whole in a container")
  if (!isContainer && can.formats !== null && !can.formats.includes(format.name)) say(`${format.name} files`)
  if (!can.documents && scan.documents > 1) say("several documents in one file")
  const { encryptedCommentRegex, unencryptedCommentRegex } = metadata.selectors
  if (!can.commentSelectors && encryptedCommentRegex + unencryptedCommentRegex !== "") {
    say("selectors that look at comments")
  }
  if (!can.macOnlyEncrypted && metadata.macOnlyEncrypted) say("mac_only_encrypted")
  if (!can.keyGroups && metadata.groups.length > 1) say("key groups")
  for (const what of unknownRecipients(document, can)) say(what)
  for (const site of unknownTokens(document, can)) {
    say(site.what, placeOfSite(file, site.site, scan.documents) as typeof place)
  }
  return found
}

function unknownRecipients({ metadata }: SealedDocument, can: Abilities): Set<string> {
  const found = new Set<string>()
  // One known recipient opens a file with one group; who else reads it, nothing tells.
  for (const { recipient } of metadata.groups.flat()) {
    if (recipient.type === "unknown") {
      found.add(`recipients of type ${recipient.section}`)
      continue
    }
    const { type } = recipient
    if (can.recipients !== null && !can.recipients.includes(type)) found.add(`recipients of type ${type}`)
    if (type === "hckms" && !can.huawei) found.add("keys of HuaweiCloud")
    if (type !== "age") continue
    const kind = ageKind(recipient.recipient)
    if (kind === "ssh" && !can.ssh) found.add("SSH keys as recipients")
    if (kind === "pq" && !can.postQuantum) found.add("post-quantum recipients")
    if (kind === "plugin" && !can.plugins) found.add("recipients of an age plugin")
  }
  return found
}

function ageKind(recipient: string): "plain" | "ssh" | "pq" | "plugin" {
  if (recipient.startsWith("ssh-")) return "ssh"
  if (recipient.startsWith("age1pq1")) return "pq"
  return recipient.lastIndexOf("1") > 3 ? "plugin" : "plain"
}

function* unknownTokens({ scan }: SealedDocument, can: Abilities) {
  let [hasTime, hasComment] = [can.time, can.comments]
  for (const site of countedSites(scan)) {
    const { kind, scalar } = site
    if (hasTime && hasComment) return
    if (scalar === null || (kind !== "str" && kind !== "comment")) continue
    const text = scalarText(scalar)
    if (!looksLikeToken(text)) continue
    if (!hasTime && text.endsWith(",type:time]")) {
      hasTime = true
      yield { site, what: "sealed dates" }
    }
    if (!hasComment && text.trimEnd().endsWith(",type:comment]")) {
      hasComment = true
      yield { site, what: "sealed comments" }
    }
  }
}
