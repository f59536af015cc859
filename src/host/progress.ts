import { type Output } from "./streams.ts"

/** One line on a terminal that says how far the work is. Without a terminal nothing is shown. */
export interface Progress {
  /** @param text - our own words and numbers, or text that was made safe to show */
  show(text: string): void
  /** Must come before anything else is printed there. */
  clear(): void
}

const widthMax = 79

/** @param isBusy - nothing is waited for meanwhile, so the line has to be written at once */
export function progressOn(output: Output, { isBusy = false }: { readonly isBusy?: boolean } = {}): Progress {
  let isShown = false
  const put = (text: string): void => {
    if (isBusy && output.writeNow !== undefined) output.writeNow(text)
    else void output.write(text)
  }
  return {
    show(text) {
      if (!output.isTty) return
      isShown = true
      put(`\r\x1b[K${text.slice(0, widthMax)}`)
    },
    clear() {
      if (!isShown) return
      isShown = false
      put("\r\x1b[K")
    },
  }
}
