import { type Opened } from "./document.ts"
import { type Format } from "./format.ts"
import { AadPaths } from "./path.ts"
import { type Scalar } from "./scalar.ts"

/** A token with what is in it: a comment may differ in blanks from the one it is taken for. */
export interface Kept {
  readonly token: string
  readonly scalar: Scalar
}

/**
 * The tokens of a previous file by place, kind and content. Each is given out once, in order, so a nonce can never
 * meet another plaintext and equal values do not become visibly equal.
 */
export class TokenStock {
  readonly #tokens = new Map<string, Kept[]>()
  readonly #format: Format | null

  constructor(previous: Opened | null) {
    this.#format = previous?.document.format ?? null
    const aads = new AadPaths()
    for (const { site, scalar, token } of previous?.leaves ?? []) {
      if (token === null || scalar === null) continue
      const key = this.#key(aads.of(site.item), scalar)
      const known = this.#tokens.get(key)
      if (known === undefined) this.#tokens.set(key, [{ token, scalar }])
      else known.push({ token, scalar })
    }
    for (const tokens of this.#tokens.values()) tokens.reverse()
  }

  take(aad: string, scalar: Scalar): Kept | null {
    if (this.#tokens.size === 0) return null
    return this.#tokens.get(this.#key(aad, scalar))?.pop() ?? null
  }

  #key(aad: string, scalar: Scalar): string {
    const { kind, bytes } = (scalar.kind === "comment" ? this.#format?.settled?.(scalar) : undefined) ?? scalar
    return `${kind} ${aad.length} ${aad} ${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")}`
  }
}
