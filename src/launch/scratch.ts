import type * as Fs from "node:fs"

/** What a file holds. It lies in memory that the next file is read into: use it at once. */
export type ReadFile = (path: string) => Buffer

/** Larger than any chunk on the way of a short run, and what is compiled of it. Memory that is never touched costs nothing. */
const size = 1 << 20

/**
 * Reads each file into the same memory. The first touch of a page costs as much as some 1,000 instructions, more in a
 * virtual machine; and a short run reads as many pages of chunks as it then needs for its own work.
 */
export function scratchReader(fs: typeof Fs): ReadFile {
  const scratch = Buffer.allocUnsafeSlow(size)
  return (path) => {
    const descriptor = fs.openSync(path, "r")
    try {
      let length = 0
      for (;;) {
        const count = fs.readSync(descriptor, scratch, length, size - length, null)
        if (count === 0) return scratch.subarray(0, length)
        length += count
        if (length === size) return fs.readFileSync(path)
      }
    } finally {
      fs.closeSync(descriptor)
    }
  }
}
