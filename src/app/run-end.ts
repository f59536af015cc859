/**
 * The end of one run: what to give up or forget then. Its signal is made when somebody asks for it, since
 * the first AbortController of a process costs Node milliseconds and most runs wait for nobody.
 */
export class RunEnd {
  #signal: AbortSignal | null
  #end: (() => void) | null = null
  #tasks: (() => void)[] = []
  #isOver = false

  /** @param outside - ends the run instead of `come` */
  constructor(outside: AbortSignal | null = null) {
    this.#signal = outside
  }

  get signal(): AbortSignal {
    if (this.#signal !== null) return this.#signal
    const controller = new AbortController()
    if (this.#isOver) controller.abort()
    this.#end = () => controller.abort()
    return (this.#signal = controller.signal)
  }

  /** @param task - done once, at the end */
  whenOver(task: () => void): void {
    if (this.#signal === null) this.#tasks.push(task)
    else this.#signal.addEventListener("abort", task, { once: true })
  }

  come(): void {
    this.#isOver = true
    this.#end?.()
    for (const task of this.#tasks.splice(0)) task()
  }
}
