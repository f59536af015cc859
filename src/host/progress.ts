import { type Output } from "./streams.ts"

/** One line on a terminal that says how far the work is. Without a terminal nothing is shown. */
export interface Progress {
  /** @param text - our own words and numbers, or text that was made safe to show */
  show(text: string): void
  /** Must come before anything else is printed there. */
  clear(): void
}

const widthMax = 79

export function progressOn(output: Output): Progress {
  let isShown = false
  return {
    show(text) {
      if (!output.isTty) return
      isShown = true
      void output.write(`\r\x1b[K${text.slice(0, widthMax)}`)
    },
    clear() {
      if (!isShown) return
      isShown = false
      void output.write("\r\x1b[K")
    },
  }
}
