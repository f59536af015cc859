import {
  type Check,
  editorCheck,
  gitCheck,
  gpgCheck,
  leftoversCheck,
  nodeCheck,
  stateCheck,
  configCheck,
  identityChecks,
  opensCheck,
  providerChecks,
} from "../doctor/checks.ts"
import { type CommonOptions } from "../options.ts"
import { type Cell, table, type TableStyle, tableStyle } from "../report/table.ts"
import { AppError } from "../../errors/app-error.ts"
import { type Outcome, type Session } from "../session.ts"

export interface DoctorOptions extends CommonOptions {
  /** A sealed file that should open here. */
  readonly file: string | undefined
  /** Key services are asked too. */
  readonly online: boolean
  readonly json: boolean
}

/** `doctor`: what this machine has of what the commands need. It writes nothing, and sends nothing without `online`. */
export async function doctor(session: Session, { file, config, online, json }: DoctorOptions): Promise<Outcome> {
  if (online && file === undefined)
    throw new AppError(
      "ARGUMENT_MISSING",
      {},
      { subject: "FILE", hint: "name the file whose key services are to be asked" },
    )
  const checks: Check[] = [
    ...(await identityChecks(session)),
    ...(file === undefined ? [] : [await opensCheck(session, file, { config, online })]),
    await configCheck(session, file ?? null, config),
    await gitCheck(session),
    editorCheck(session),
    await gpgCheck(session),
    nodeCheck(process.version),
    await stateCheck(session),
    leftoversCheck(session),
    ...(online && file !== undefined ? await providerChecks(session, file, config) : []),
  ]
  const isOk = checks.every(({ state }) => state !== "error")
  const output = json ? `${JSON.stringify({ schema: 1, ok: isOk, checks })}\n` : drawn(checks, tableStyle(session.io))
  return { output, exit: isOk ? 0 : 1 }
}

const tones = { ok: "good", warning: "warning", error: "error" } as const

function drawn(checks: readonly Check[], style: TableStyle): string {
  const rows = checks.flatMap(({ check, state, detail, fix }): Cell[][] => [
    [[state.padEnd(7), tones[state]], [check.padEnd(13), "name"], detail],
    ...(fix === undefined ? [] : [["", "", fix]]),
  ])
  return table(rows, style)
}
