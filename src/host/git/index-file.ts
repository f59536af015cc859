import { readNow } from "../files.ts"
import { type Io } from "../io.ts"
import { type IndexFile } from "./listing.ts"

/** What the index says. */
export interface IndexContent {
  /** In git's order: by the bytes of the path. */
  readonly files: readonly IndexFile[]
  /**
   * Ids of trees that hold exactly what the index holds below a folder, by the path of the folder with `/` at its end;
   * `""` is the top. Folders that have changed since are missing.
   */
  readonly trees: ReadonlyMap<string, string>
}

const bytesMax = 32 * 1024 * 1024
/** No system opens a longer path. */
const pathBytesMax = 4096
/**
 * What all paths, and those of all folders, come to. Version 4 and the trees say only what differs from the path before:
 * a small file could stand for more than any memory holds.
 */
const pathsBytesMax = 2 * bytesMax
const extensionsMax = 100
const signature = 0x44495243
const idBytes = 20
/** Times, device, inode, mode, owner, size: 40 bytes; the id; the flags. */
const fixedBytes = 40 + idBytes + 2
const [nameBits, isExtended, isAssumedUnchanged] = [0xfff, 0x4000, 0x8000]

/**
 * Reads an index of SHA-1 without git: gitformat-index(5), versions 2 to 4.
 *
 * @returns `null` for what only git can read: a file that is shared between two indexes, one that leaves folders out,
 *   entries that git takes from it whatever the work tree holds, paths beyond all limits, and all that is not as the format
 *   says. As git does, it trusts the hash at the end
 */
export function readIndexFile({ fs }: Pick<Io, "fs">, path: string): IndexContent | null {
  try {
    const { kind, size } = fs.lstat(path)
    if (kind !== "file" || size > bytesMax) return null
    const bytes = readNow(fs, path)
    return new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).content()
  } catch {
    return null
  }
}

/** What is a folder stands for all that is in it. */
const modes: ReadonlyMap<number, string> = new Map(
  ["100644", "100755", "120000", "160000"].map((mode) => [parseInt(mode, 8), mode]),
)

const beyondAscii = /[^\x00-\x7f]/

class Reader {
  readonly #bytes: Buffer
  /** The same as a text of one letter a byte, and in hex: parts of texts cost less than parts of buffers. */
  readonly #text: string
  readonly #hex: string
  #at = 12

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#text = bytes.toString("latin1")
    this.#hex = bytes.toString("hex")
  }

  content(): IndexContent | null {
    const bytes = this.#bytes
    const [version, count] = [bytes.readUInt32BE(4), bytes.readUInt32BE(8)]
    if (bytes.readUInt32BE(0) !== signature || version < 2 || version > 4) return null
    const files: IndexFile[] = []
    let before = ""
    const spend = budget()
    for (let index = 0; index < count; index++) {
      const start = this.#at
      const flags = (bytes[start + 60]! << 8) | bytes[start + 61]!
      this.#at += fixedBytes
      const name = version === 4 ? this.#nameAfter(before) : this.#name(start)
      spend(name.length)
      const mode = modes.get((bytes[start + 26]! << 8) | bytes[start + 27]!)
      // Each path once, or once for each side of a conflict.
      const isFit = name !== "" && before <= name && Math.min(name.length, nameBits) === (flags & nameBits)
      if (!isFit || mode === undefined || (flags & (isExtended | isAssumedUnchanged)) !== 0) return null
      const path = beyondAscii.test(name) ? Buffer.from(name, "latin1").toString("utf8") : name
      // What is not UTF-8 is told byte by byte, elsewhere.
      if (path !== name && path.includes("\ufffd")) return null
      const id = this.#hex.slice(2 * start + 80, 2 * start + 120)
      files.push({ mode, id, stage: (flags >> 12) & 3, path })
      before = name
    }
    const trees = this.#extensions()
    return trees === null ? null : { files, trees }
  }

  /** Ended by NUL, and filled with it to a multiple of 8 bytes. */
  #name(start: number): string {
    const end = this.#end()
    const name = this.#text.slice(this.#at, end)
    this.#at = start + ((end - start + 8) & ~7)
    return name
  }

  /** How much goes of the name before, and what comes in its place. */
  #nameAfter(before: string): string {
    const gone = this.#variable()
    if (gone > before.length) throw new RangeError("more than there is")
    const end = this.#end()
    const name = before.slice(0, before.length - gone) + this.#text.slice(this.#at, end)
    this.#at = end + 1
    return name
  }

  #end(): number {
    const end = this.#text.indexOf("\0", this.#at)
    if (end === -1) throw new RangeError("a name without an end")
    return end
  }

  /** As in a pack: seven bits a byte, and one is added for each byte that follows. */
  #variable(): number {
    let byte = this.#bytes.readUInt8(this.#at++)
    let value = byte & 0x7f
    while ((byte & 0x80) !== 0) {
      byte = this.#bytes.readUInt8(this.#at++)
      value = (value + 1) * 128 + (byte & 0x7f)
      if (value > bytesMax) throw new RangeError("a name that is too long")
    }
    return value
  }

  /** Behind the files, and in front of a hash of all that. @returns the trees; `null` where an extension has to be known */
  #extensions(): Map<string, string> | null {
    const bytes = this.#bytes
    const end = bytes.length - idBytes
    const trees = new Map<string, string>()
    for (let count = 0; this.#at < end; count++) {
      const name = bytes.toString("latin1", this.#at, this.#at + 4)
      const size = bytes.readUInt32BE(this.#at + 4)
      // Only a name that begins with a capital is of something that can be passed over.
      if (!/^[A-Z]/.test(name) || this.#at + 8 + size > end || count === extensionsMax) return null
      this.#at += 8
      if (name === "TREE") readTrees(bytes.subarray(this.#at, this.#at + size), trees)
      this.#at += size
    }
    return this.#at === end ? trees : null
  }
}

/** @returns a function that takes the length of each path. @throws by it, for more than there should be */
function budget(): (length: number) => void {
  let left = pathsBytesMax
  return (length) => {
    left -= length
    if (length > pathBytesMax || left < 0) throw new RangeError("paths that are too long")
  }
}

/** `NAME NUL COUNT SPACE SUBTREES LF`, and the id unless the count is negative; the folders below follow each. */
function readTrees(bytes: Buffer, trees: Map<string, string>): void {
  /** The folders that are open, with how many of theirs are to come. */
  const open: { readonly path: string; left: number }[] = []
  const spend = budget()
  for (let at = 0; at < bytes.length;) {
    const [nameEnd, lineEnd] = [bytes.indexOf(0, at), bytes.indexOf(0x0a, at)]
    const name = bytes.toString("utf8", at, nameEnd)
    const counts = /^(-?\d+) (\d+)$/.exec(bytes.toString("latin1", nameEnd + 1, lineEnd))
    if (nameEnd === -1 || lineEnd < nameEnd || counts === null) throw new RangeError("not as the format says")
    while (open.at(-1)?.left === 0) open.pop()
    const parent = open.at(-1)
    if (parent !== undefined) parent.left--
    const path = parent === undefined ? "" : `${parent.path}${name}/`
    spend(path.length)
    at = lineEnd + 1
    if (Number(counts[1]) >= 0) {
      trees.set(path, bytes.toString("hex", at, at + idBytes))
      at += idBytes
    }
    open.push({ path, left: Number(counts[2]) })
  }
}
