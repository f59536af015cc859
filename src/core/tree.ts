import { type Scalar } from "./scalar.ts"

/** A document as data, for conversion, `--extract`, `set` and the exec commands. Layout is not part of it. */
export type Tree = MapTree | ListTree | ScalarTree | NullTree

export interface MapTree {
  readonly type: "map"
  readonly entries: readonly (MapEntry | CommentEntry)[]
}

export interface MapEntry {
  readonly type: "entry"
  readonly key: string
  readonly value: Tree
}

/** A comment line without its marker. `inline`: it followed a value on the same line. */
export interface CommentEntry {
  readonly type: "comment"
  readonly text: Uint8Array
  readonly inline: boolean
}

export interface ListTree {
  readonly type: "list"
  readonly items: readonly (Tree | CommentEntry)[]
}

export interface ScalarTree {
  readonly type: "scalar"
  readonly scalar: Scalar
}

export interface NullTree {
  readonly type: "null"
}
