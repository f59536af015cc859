import { type Audit } from "./session.ts"
import { fieldsOf, itemsOf, textOf } from "../config/decode.ts"
import { readValues } from "../config/yaml-values.ts"
import { decodeText } from "../core/text.ts"
import { AppError } from "../errors/app-error.ts"
import { absolute, readOptionalFile } from "../host/files.ts"
import { type Io } from "../host/io.ts"
import { accountName } from "../host/user.ts"

export interface AuditLog {
  readonly record: Audit
  close(): Promise<void>
}

const bytesMax = 1024 * 1024

/**
 * Connects to every database of an audit file: from now on each of them gets a row before anything is done with a file.
 *
 * @returns `null` when there is no such file, or it cannot be read: then nothing is recorded, as for upstream
 * @throws {AppError} `CONFIG_INVALID` with status 2; `AUDIT_FAILED` when one of the databases cannot be used
 */
export async function openAuditLog(io: Io, path: string): Promise<AuditLog | null> {
  const file = await readOptionalFile(io, path, { bytesMax }).catch(() => null)
  if (file === null) return null
  const connections = at(path, () => readAuditFile(file.bytes))
  if (connections.length === 0) return null
  const { connect } = await import("../audit/postgres.ts")
  const userName = accountName()
  if (userName === null) throw new AppError("AUDIT_FAILED", {}, { subject: "this account has no name" })
  const machine = {
    env: (name: string) => io.env.get(name),
    home: io.home,
    userName,
    readFile: async (name: string) => (await readOptionalFile(io, name, { bytesMax }))?.bytes ?? null,
  }
  const opened = await Promise.allSettled(connections.map((connection) => connect(connection, machine)))
  const recorders = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []))
  const close = async (): Promise<void> => void (await Promise.all(recorders.map((recorder) => recorder.close())))
  const reasons = opened.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []))
  if (reasons.length > 0) {
    await close()
    throw connectError(path, reasons)
  }
  return {
    async record(action, name) {
      const subject = name === null ? io.cwd : absolute(io, name)
      for (const recorder of recorders) await recorder.record(action, userName, subject)
    },
    close,
  }
}

function connectError(path: string, reasons: readonly unknown[]): AppError {
  const notes = reasons.map((reason) => {
    if (!(reason instanceof AppError)) throw reason
    return reason.detail.subject ?? reason.title
  })
  return new AppError(
    "AUDIT_FAILED",
    {},
    {
      subject: `a database that ${path} names cannot be used`,
      notes: [`connecting to audit database, defined in ${path}`, ...notes],
      asUpstream: "one or more audit backends reported errors, exiting",
    },
  )
}

function at<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof AppError ? error.at({ file }) : error
  }
}

/**
 * The connection strings of an audit file.
 *
 * @throws {AppError} `CONFIG_INVALID` with status 2, where upstream crashes
 * @see sops v3.13.2 audit/audit.go
 */
function readAuditFile(bytes: Uint8Array): readonly string[] {
  try {
    const text = decodeText(bytes)
    if (text === null) throw new AppError("CONFIG_INVALID", {}, { subject: "it is not UTF-8 text" })
    const backends = fieldsOf(readValues(text) ?? undefined).get("backends")?.value
    const databases = itemsOf(fieldsOf(backends).get("postgres")?.value)
    return databases.map((database) => textOf(fieldsOf(database).get("connection_string")?.value))
  } catch (error) {
    throw error instanceof AppError ? new AppError(error.code, error.where, { ...error.detail, exit: 2 }) : error
  }
}
