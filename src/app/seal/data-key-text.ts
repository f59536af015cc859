import { type AppError } from "../../errors/app-error.ts"
import { dataKeyAsUpstream } from "../../keys/data-key-as-upstream.ts"
import { DataKeyError } from "../../keys/data-key-error.ts"

/** Upstream's words for a data key that cannot be had: scripts look for their layout. `null` for any other error. */
export function dataKeyText(error: AppError): string | null {
  return error instanceof DataKeyError ? dataKeyAsUpstream(error.report) : null
}
