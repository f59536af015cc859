import { type FileSystem, openFlag } from "./file-system.ts"
import { closeQuietly } from "./files.ts"
import { type Io } from "./io.ts"

type BatchHost = Pick<Io, "fs" | "platform">

/** Runs a piece of work on one file as soon as there is room for it. */
export type Turn = <R>(work: () => Promise<R>) => Promise<R>

class Batch {
  /** Folders in which something was renamed and that wait to be flushed. */
  readonly folders = new Set<string>()
  readonly #atOnce: number
  /** Files that are worked on and do not wait for the disk. */
  #running = 0
  /** Of files that do. */
  #waitingBytes = 0
  /** Told when there may be room. */
  #waiting: (() => void)[] = []
  /** Resolves when it is time to flush the files that are written by then; `null` while none is. */
  #written: Promise<void> | null = null

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  async turn<R>(work: () => Promise<R>): Promise<R> {
    while (this.#running >= this.#atOnce || this.#waitingBytes > waitingBytesMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#running++
    try {
      return await work()
    } finally {
      this.#running--
      this.#tellRoom()
    }
  }

  /**
   * Files that are worked on side by side are all written before the first is flushed: the journal of the file system is
   * flushed for one of them with what the others did, and whatever makes or renames a file meanwhile has to wait.
   */
  async sync(fs: FileSystem, fd: number, size: number): Promise<void> {
    this.#running--
    this.#waitingBytes += size
    this.#tellRoom()
    try {
      this.#written ??= new Promise((resolve) => {
        setImmediate(() => {
          this.#written = null
          resolve()
        })
      })
      await this.#written
      await fs.syncLater(fd)
    } finally {
      this.#running++
      this.#waitingBytes -= size
    }
  }

  #tellRoom(): void {
    for (const tell of this.#waiting.splice(0)) tell()
  }
}

/** What waits is in memory. */
const waitingBytesMax = 8 * 1024 * 1024

/** Of those who write many files now. */
const batches = new WeakMap<FileSystem, Batch>()

/** So many files are under way at most, with those that wait for the disk: each of them is open. */
const underWayMax = 64

/** Open files for all else: chunks of the program, what is read, pipes of those that a key is asked of. */
const spareFiles = 24

/** How many files can be under way beside each other, by how many this process may still open. */
export function filesUnderWay({ fs, platform }: BatchHost, count: number): number {
  const wanted = Math.min(count, underWayMax)
  // Few take no more than the spare; and Windows has no such limit.
  if (wanted <= spareFiles / 3 || platform === "win32") return wanted
  const opened: number[] = []
  try {
    while (opened.length < wanted + spareFiles) opened.push(fs.open("/dev/null", openFlag.O_RDONLY))
  } catch {
    // That is the answer.
  }
  for (const fd of opened) closeQuietly(fs, fd)
  return Math.max(Math.min(wanted, opened.length - spareFiles), 1)
}

/**
 * Flushing to the disk is waiting, and most of the time that many small files take. While `work` runs, files are flushed
 * beside each other, and each folder once, at the end. What is in a file is on the disk before it gets its name, as ever.
 *
 * @param atOnce - how many files are worked on side by side, without those that only wait for the disk
 * @param work - does what it does for each file in a turn
 */
export async function inBatch<T>(io: BatchHost, atOnce: number, work: (turn: Turn) => Promise<T>): Promise<T> {
  if (batches.has(io.fs)) return work((single) => single())
  const batch = new Batch(atOnce)
  batches.set(io.fs, batch)
  try {
    return await work((single) => batch.turn(single))
  } finally {
    batches.delete(io.fs)
    for (const folder of batch.folders) flushFolder(io, folder)
  }
}

/** Brings a file's bytes to the disk. @param size - how many there are */
export async function syncFile({ fs }: BatchHost, fd: number, size: number): Promise<void> {
  const batch = batches.get(fs)
  if (batch === undefined) fs.sync(fd)
  else await batch.sync(fs, fd, size)
}

/** Brings the names in a folder to the disk, at once or with the batch. */
export function syncFolder(io: BatchHost, folder: string): void {
  const batch = batches.get(io.fs)
  if (batch === undefined) flushFolder(io, folder)
  else batch.folders.add(folder)
}

// The new file is in its place already: a failure here can only mean that a power cut brings the old one back.
function flushFolder({ fs, platform }: BatchHost, folder: string): void {
  if (platform === "win32") return
  let fd: number | null = null
  try {
    fd = fs.open(folder, openFlag.O_RDONLY | (openFlag.O_DIRECTORY ?? 0))
    fs.sync(fd)
  } catch {
    // Not every file system can do it.
  } finally {
    if (fd !== null) closeQuietly(fs, fd)
  }
}
