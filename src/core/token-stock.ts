import { type Opened } from "./document.ts"
import { AadPaths } from "./path.ts"
import { type Scalar } from "./scalar.ts"

/**
 * The tokens of a previous file by place, kind and content. Each is given out once, in order, so a nonce can never
 * meet another plaintext and equal values do not become visibly equal.
 */
export class TokenStock {
  readonly #tokens = new Map<string, string[]>()

  constructor(previous: Opened | null) {
    const aads = new AadPaths()
    for (const { site, scalar, token } of previous?.leaves ?? []) {
      if (token === null || scalar === null) continue
      const key = stockKey(aads.of(site.item), scalar)
      const known = this.#tokens.get(key)
      if (known === undefined) this.#tokens.set(key, [token])
      else known.push(token)
    }
    for (const tokens of this.#tokens.values()) tokens.reverse()
  }

  take(aad: string, scalar: Scalar): string | null {
    if (this.#tokens.size === 0) return null
    return this.#tokens.get(stockKey(aad, scalar))?.pop() ?? null
  }
}

function stockKey(aad: string, { kind, bytes }: Scalar): string {
  return `${kind} ${aad.length} ${aad} ${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")}`
}
