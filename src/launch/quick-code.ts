/** What `scripts/own-functions.mjs` adds to a chunk. */
interface WithFunctions {
  readonly $functions?: () => {
    readonly functions: readonly unknown[]
    /** Have functions as properties: prototypes of classes, and tables. */
    readonly holders: readonly object[]
  }
}

export interface QuickCode {
  /** Takes a chunk that was loaded. */
  add(exports: WithFunctions): void
  /** From now on the engine's last compiler leaves the functions of all chunks alone. */
  begin(): void
}

/**
 * The last of JavaScriptCore's compilers (FTL) takes milliseconds of a processor for a single function. A run that is
 * over in a tenth of a second, or a few, never gets them back: over long texts a third of its processor time goes there.
 *
 * @param teller - gives what tells that compiler to leave a function alone
 */
export function quickCode(teller: () => (work: unknown) => void): QuickCode {
  const waiting: WithFunctions[] = []
  let leaveAlone: ((work: unknown) => void) | null = null
  return {
    add(exports) {
      if (leaveAlone === null) waiting.push(exports)
      else spare(exports, leaveAlone)
    },
    begin() {
      leaveAlone = teller()
      for (const exports of waiting.splice(0)) spare(exports, leaveAlone)
    },
  }
}

function spare({ $functions }: WithFunctions, leaveAlone: (work: unknown) => void): void {
  if ($functions === undefined) return
  const { functions, holders } = $functions()
  for (const work of functions) leaveAlone(work)
  for (const holder of holders) {
    for (const { value, get } of Object.values(Object.getOwnPropertyDescriptors(holder))) {
      if (typeof value === "function") leaveAlone(value)
      if (get !== undefined) leaveAlone(get)
    }
  }
}
