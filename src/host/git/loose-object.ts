import { join } from "node:path"
import { readNow } from "../files.ts"
import { type Io } from "../io.ts"

export interface LooseObject {
  readonly type: string
  readonly bytes: Buffer
}

const objectBytesMax = 1024 * 1024

/**
 * An object that has a file of its own, as all have that were made since git packed the last ones
 * (gitformat-loose(5)). Their size is limited: commits, trees and
 * most sealed files are small.
 *
 * @param id - of SHA-1
 * @returns `null` for one that is in a pack, elsewhere, too large, or not as the format says: git reads it
 */
export function readLoose({ fs }: Pick<Io, "fs">, objects: string, id: string): LooseObject | null {
  try {
    const path = join(objects, id.slice(0, 2), id.slice(2))
    const stat = fs.statIfThere(path)
    if (stat === null || stat.kind !== "file" || stat.size > objectBytesMax) return null
    const { inflateSync } = process.getBuiltinModule("node:zlib")
    const bytes = inflateSync(readNow(fs, path), { maxOutputLength: objectBytesMax })
    const end = bytes.indexOf(0)
    const [, type = "", size = ""] = /^([a-z]+) (\d+)$/.exec(bytes.toString("latin1", 0, end)) ?? []
    const content = bytes.subarray(end + 1)
    return end !== -1 && Number(size) === content.length ? { type, bytes: content } : null
  } catch {
    return null
  }
}
