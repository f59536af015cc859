import { type Outcome } from "../session.ts"

/** What `init` and `join` made or found. */
export interface Setup {
  readonly config: string
  /** The config was made by this call. */
  readonly isNew: boolean
  readonly recipients: readonly { readonly name: string; readonly recipient: string }[]
  /** Of a request, to be told to whoever approves it. */
  readonly fingerprint?: string
}

/** @param lines - the same for people, with what to do next */
export function setupReport(
  { json }: { readonly json: boolean },
  { config, isNew, recipients, fingerprint }: Setup,
  lines: readonly string[],
): Outcome {
  const fields = { schema: 1, config, created: isNew, recipients, fingerprint, said: lines }
  return { output: json ? `${JSON.stringify(fields)}\n` : `${lines.join("\n")}\n`, isReport: !json }
}
