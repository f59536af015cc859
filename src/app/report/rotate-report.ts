import { sealedFiles } from "./count.ts"
import { shown } from "../../errors/display.ts"
import { type AppError } from "../../errors/app-error.ts"
import { type NameOf } from "../../keys/describe-data-key.ts"
import { type KeyPlan } from "../recipients/key-plan.ts"
import { type Candidate } from "../open/sealed-files.ts"
import { changesJson, changesText } from "./sync-report.ts"

/** What is known of a file, and what happened to it. */
export interface RotatedFile extends Candidate {
  readonly state: "planned" | "rotated" | "failed"
  readonly plan: KeyPlan | null
  readonly nameOf: NameOf
  readonly error?: AppError
}

/** A line for each file that gets a new data key, and the totals. */
export function rotateTable(files: readonly RotatedFile[], { isLookOnly }: { readonly isLookOnly: boolean }): string {
  const rows = files
    .filter(({ state }) => state !== "failed")
    .map((each) =>
      shown(`${each.file}: ${["new data key", ...changesText(each, { isDone: each.state === "rotated" })].join(", ")}`),
    )
  const failures = files.length - rows.length
  const counts = [
    `${rows.length} ${isLookOnly ? "to rotate" : "rotated"}`,
    ...(failures === 0 ? [] : [`${failures} failed`]),
  ]
  return `${[...rows, `${sealedFiles(files.length)}: ${counts.join(", ")}`].join("\n")}\n`
}

export function rotateJson(files: readonly RotatedFile[]): string {
  const list = files.map((each) => {
    const { file, state, error } = each
    return { file, state, groups: changesJson(each), code: error?.code }
  })
  return `${JSON.stringify({ schema: 1, files: list })}\n`
}
