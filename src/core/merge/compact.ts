/** What changed in one of two sequences: its elements, and which of them the other lacks. */
export interface Changes {
  readonly elements: ArrayLike<number>
  /** One longer than the elements. */
  readonly isChanged: Uint8Array
}

/**
 * Moves groups of changed elements to where git has them. A group between equal elements can be in several places: it
 * joins its neighbours if it can, lines up with a change of the other side, and else is as late as possible. What
 * touches in git then touches here, and nothing else does.
 *
 * @see git xdiff/xdiffi.c, xdl_change_compact
 */
export function compact(own: Changes, other: Changes): void {
  const group = new Group(own)
  const partner = new Group(other)
  do {
    if (group.size > 0) settle(group, partner)
  } while (group.next() && partner.next())
}

function settle(group: Group, partner: Group): void {
  let earliestEnd: number
  let matchingEnd: number
  let size: number
  do {
    size = group.size
    matchingEnd = -1
    while (group.slideUp()) partner.previous()
    earliestEnd = group.end
    if (partner.size > 0) matchingEnd = group.end
    while (group.slideDown()) {
      partner.next()
      if (partner.size > 0) matchingEnd = group.end
    }
  } while (size !== group.size)
  if (group.end === earliestEnd || matchingEnd === -1) return
  while (partner.size === 0 && group.slideUp()) partner.previous()
}

/** A run of changed elements between two that are not, perhaps an empty one. */
class Group {
  #start = 0
  end = 0
  readonly #elements: ArrayLike<number>
  readonly #isChanged: Uint8Array

  constructor({ elements, isChanged }: Changes) {
    this.#elements = elements
    this.#isChanged = isChanged
    this.#grow()
  }

  get size(): number {
    return this.end - this.#start
  }

  /** @returns false at the end */
  next(): boolean {
    if (this.end >= this.#elements.length) return false
    this.#start = this.end + 1
    this.end = this.#start
    this.#grow()
    return true
  }

  previous(): void {
    if (this.#start === 0) return
    this.end = this.#start - 1
    this.#start = this.end
    this.#growUp()
  }

  /** @returns false if the elements around it do not allow it */
  slideDown(): boolean {
    if (this.end >= this.#elements.length || this.#elements[this.#start] !== this.#elements[this.end]) return false
    this.#isChanged[this.#start++] = 0
    this.#isChanged[this.end++] = 1
    this.#grow()
    return true
  }

  slideUp(): boolean {
    if (this.#start === 0 || this.#elements[this.#start - 1] !== this.#elements[this.end - 1]) return false
    this.#isChanged[--this.#start] = 1
    this.#isChanged[--this.end] = 0
    this.#growUp()
    return true
  }

  #grow(): void {
    while (this.end < this.#elements.length && this.#isChanged[this.end] === 1) this.end++
  }

  #growUp(): void {
    while (this.#start > 0 && this.#isChanged[this.#start - 1] === 1) this.#start--
  }
}
