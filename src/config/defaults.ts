import { type Stores } from "./creation-rule.ts"
import { type CheckMode, type MemoMode, type StructureMode } from "./sopsrc.ts"
import { type Selectors, noSelectors } from "../core/select.ts"
import { type ChosenPaths } from "../core/chosen-paths.ts"
import { type CommentPolicy } from "../core/comments.ts"
import { type FormatName } from "../core/format.ts"

export interface RuleSettings {
  readonly selectors: Selectors
  /** The paths of a rule that its selector was made of. */
  readonly chosen: ChosenPaths | null
  readonly macOnlyEncrypted: boolean
  readonly comments: CommentPolicy
  readonly container: boolean
  readonly structure: StructureMode
  readonly layoutMemo: MemoMode
  /** `null`: by the name of the file. */
  readonly inputType: FormatName | null
  /** Clear values that nothing authenticates may reach the child of `run` (docs/design/security.md S10). */
  readonly withClear: boolean
  /** Whether `check` looks for plain text among the files that the rule names. */
  readonly check: CheckMode
  /** How old a data key may become before `check` says so; `null`: as old as it likes. */
  readonly maxAgeDays: number | null
  /** Variables that files may set although they steer programs; counts in the config of the user alone (S10). */
  readonly allowEnv: readonly string[]
  readonly stores: Stores
}

export const defaultStores: Stores = { jsonIndent: undefined, jsonBinaryIndent: undefined, yamlIndent: undefined }

/** What holds where no rule says otherwise. */
export const defaultSettings: RuleSettings = {
  selectors: noSelectors,
  chosen: null,
  macOnlyEncrypted: false,
  comments: "follow",
  container: false,
  structure: "on",
  layoutMemo: "auto",
  inputType: null,
  withClear: false,
  check: "on",
  maxAgeDays: null,
  allowEnv: [],
  stores: defaultStores,
}
