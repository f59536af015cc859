import { createHash } from "node:crypto"
import { type Conversation } from "../../core/conversation.ts"
import { type Git } from "./git.ts"
import { type LooseObject } from "./loose-object.ts"
import { isObjectId } from "./repository.ts"

interface Blob {
  readonly id: string
  readonly size: number
  /** `null` for one that is larger than was asked for. */
  readonly bytes: Uint8Array | null
}

export interface BlobOptions {
  readonly bytesMax: number
  /**
   * Where a file of that content may be, so that git need not be asked: the bytes are used if they are those that the id
   * stands for.
   */
  readonly copyOf?: ((file: { readonly id: string; readonly path: string }) => Uint8Array | null) | undefined
  /** Reads an object that git need not be asked for. */
  readonly looseOf?: ((id: string) => LooseObject | null) | undefined
}

/** So many are asked for ahead of the one that is worked on. */
const ahead = 4
/** Git is asked for several at once: each write wakes it. */
const [namesMin, namesMax] = [2, 8]
const restartsMax = 100

export interface GitObject extends Blob {
  readonly type: string
}

/**
 * Reads objects by one `cat-file --batch`, in the order in which they are asked for. Larger ones than `bytesMax` are
 * passed over without being held.
 */
export class Blobs {
  readonly #git: Git
  readonly #bytesMax: number
  readonly #copyOf: BlobOptions["copyOf"]
  readonly #looseOf: BlobOptions["looseOf"]
  readonly #waiting: {
    readonly name: string
    readonly answer: (found: GitObject | null) => void
    readonly fail: (error: unknown) => void
  }[] = []
  #source: Promise<Source> | null = null
  #restarts = 0
  #isPumping = false

  constructor(git: Git, { bytesMax, copyOf, looseOf }: BlobOptions) {
    this.#git = git
    this.#bytesMax = bytesMax
    this.#copyOf = copyOf
    this.#looseOf = looseOf
  }

  /**
   * @param path - of the file, where there may be a copy
   * @returns `null` for what is not there: also in a partial clone, when nothing may be fetched
   */
  async read(id: string, path?: string): Promise<Blob | null> {
    if (!isObjectId(id)) return null
    const copy = path === undefined ? null : (this.#copyOf?.({ id, path }) ?? null)
    if (copy !== null && idOf(copy, id) === id) return { id, size: copy.length, bytes: copy }
    const found = await this.object(id)
    return found?.type === "blob" ? found : null
  }

  /** @returns `null` for what is not there */
  async object(id: string): Promise<GitObject | null> {
    const loose = this.#looseOf?.(id) ?? null
    return loose === null ? this.#ask(id) : { ...loose, id, size: loose.bytes.length }
  }

  /**
   * The commit that a person means, as `findRevision` finds it, without a process of its own.
   *
   * @returns its id; `null` for what does not exist
   */
  async commit(text: string): Promise<string | null> {
    if (text === "" || /[\0\n]/.test(text)) return null
    const found = await this.#ask(`${text}^{commit}`)
    return found?.type === "commit" ? found.id : null
  }

  #ask(name: string): Promise<GitObject | null> {
    return new Promise((answer, fail) => {
      this.#waiting.push({ name, answer, fail })
      void this.#pump()
    })
  }

  /** Many, each with what it was asked for, in order. */
  async *each<T extends { readonly id: string; readonly path?: string }>(
    files: Iterable<T>,
  ): AsyncGenerator<readonly [T, Blob | null]> {
    const asked: (readonly [T, Promise<Blob | null>])[] = []
    for (const file of files) {
      const blob = this.read(file.id, file.path)
      // Should an earlier one fail, nobody waits for this one.
      blob.catch(() => {})
      asked.push([file, blob])
      if (asked.length >= ahead) yield await taken(asked)
    }
    while (asked.length > 0) yield await taken(asked)
  }

  async close(): Promise<void> {
    const source = await this.#source
    this.#source = null
    await source?.conversation.close()
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return
    this.#isPumping = true
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      try {
        next.answer(await this.#next())
      } catch (error) {
        next.fail(error)
      }
      this.#waiting.shift()
    }
    this.#isPumping = false
  }

  async #next(): Promise<GitObject | null> {
    if (this.#restarts > restartsMax) return null
    this.#source ??= this.#start()
    const source = await this.#source
    // What was asked for meanwhile is written in one piece with it, and git works ahead.
    if (source.written <= namesMin) {
      const names = this.#waiting.slice(source.written, namesMax).map(({ name }) => `${name}\n`)
      source.written += names.length
      if (names.length > 0) await source.conversation.write(Buffer.from(names.join("")))
    }
    const found = await source.next(this.#bytesMax)
    source.written--
    if (found !== "ended") return found
    // Git ends at an object that it cannot read or fetch: that one is missing, and a new one reads the others.
    this.#source = null
    await source.conversation.close()
    this.#restarts++
    return null
  }

  async #start(): Promise<Source> {
    return new Source(await this.#git.talk(["cat-file", "--batch"]))
  }
}

/** The id that git gives to a content, by the hash that an id is one of. */
function idOf(bytes: Uint8Array, like: string): string {
  const hash = createHash(like.length === 40 ? "sha1" : "sha256")
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex")
}

async function taken<T>(asked: (readonly [T, Promise<Blob | null>])[]): Promise<readonly [T, Blob | null]> {
  const [file, blob] = asked.shift()!
  return [file, await blob]
}

/** The output of one `cat-file --batch`: `ID TYPE SIZE`, a newline, the bytes, a newline. */
class Source {
  readonly conversation: Conversation
  /** How many of those that wait were written to it. */
  written = 0
  #rest: Uint8Array = new Uint8Array()

  constructor(conversation: Conversation) {
    this.conversation = conversation
  }

  async next(bytesMax: number): Promise<GitObject | null | "ended"> {
    const line = await this.#line()
    if (line === null) return "ended"
    const [, id = "", type = "", size = ""] = /^(\w+) (\w+) (\d+)$/.exec(line) ?? []
    // `NAME missing`, `NAME ambiguous`
    if (size === "") return null
    const isKept = Number(size) <= bytesMax
    const bytes = await this.#take(Number(size), isKept)
    if (bytes === null || (await this.#take(1, false)) === null) return "ended"
    return { id, type, size: Number(size), bytes: isKept ? bytes : null }
  }

  async #line(): Promise<string | null> {
    for (;;) {
      const end = this.#rest.indexOf(0x0a)
      if (end >= 0) {
        const line = Buffer.from(this.#rest.subarray(0, end)).toString("latin1")
        this.#rest = this.#rest.subarray(end + 1)
        return line
      }
      const more = await this.conversation.read()
      if (more === null) return null
      this.#rest = this.#rest.length === 0 ? more : Buffer.concat([this.#rest, more])
    }
  }

  /** @returns the bytes, or none of them when they are passed over; `null` at the end of the output */
  async #take(size: number, isKept: boolean): Promise<Uint8Array | null> {
    const whole = isKept ? Buffer.allocUnsafeSlow(size) : new Uint8Array()
    for (let count = 0; count < size;) {
      if (this.#rest.length === 0) {
        const more = await this.conversation.read()
        if (more === null) return null
        this.#rest = more
      }
      const part = this.#rest.subarray(0, size - count)
      if (isKept) whole.set(part, count)
      count += part.length
      this.#rest = this.#rest.subarray(part.length)
    }
    return whole
  }
}
