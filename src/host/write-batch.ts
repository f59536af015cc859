import { type FileSystem, flag } from "./file-system.ts"
import { closeQuietly } from "./files.ts"
import { type Io } from "./io.ts"

type Machine = Pick<Io, "fs" | "platform">

interface Batch {
  /** Folders in which something was renamed and that wait to be flushed. */
  readonly folders: Set<string>
  /** Resolves when it is time to flush the files that are ready by then; `null` while none is. */
  ready: Promise<void> | null
}

/** Of those who write many files now. */
const batches = new WeakMap<FileSystem, Batch>()

/**
 * Flushing to the disk is waiting, and most of the time that many small files take. While `work` runs, files are flushed
 * beside each other, and each folder once, at the end. What is in a file is on the disk before it gets its name, as ever.
 */
export async function inBatch<T>(io: Machine, work: () => Promise<T>): Promise<T> {
  if (batches.has(io.fs)) return work()
  const folders = new Set<string>()
  batches.set(io.fs, { folders, ready: null })
  try {
    return await work()
  } finally {
    batches.delete(io.fs)
    for (const folder of folders) flushFolder(io, folder)
  }
}

/**
 * Brings a file's bytes to the disk. In a batch the files that are worked on side by side are all written first: a
 * journal that is flushed for one of them holds what the others did, and a file that is made or renamed meanwhile waits.
 */
export async function syncFile({ fs }: Machine, fd: number): Promise<void> {
  const batch = batches.get(fs)
  if (batch === undefined) {
    fs.sync(fd)
    return
  }
  batch.ready ??= new Promise((resolve) => {
    setImmediate(() => {
      batch.ready = null
      resolve()
    })
  })
  await batch.ready
  await fs.syncLater(fd)
}

/** Brings the names in a folder to the disk, at once or with the batch. */
export function syncFolder(io: Machine, folder: string): void {
  const batch = batches.get(io.fs)
  if (batch === undefined) flushFolder(io, folder)
  else batch.folders.add(folder)
}

// The new file is in its place already: a failure here can only mean that a power cut brings the old one back.
function flushFolder({ fs, platform }: Machine, folder: string): void {
  if (platform === "win32") return
  let fd: number | null = null
  try {
    fd = fs.open(folder, flag.O_RDONLY | (flag.O_DIRECTORY ?? 0))
    fs.sync(fd)
  } catch {
    // Not every file system can do it.
  } finally {
    if (fd !== null) closeQuietly(fs, fd)
  }
}
