import { type KeyUpdate } from "../../../app/commands/update-keys.ts"
import { type Session } from "../../../app/session.ts"
import { AppError } from "../../../errors/app-error.ts"
import { type Action, type SopsInput } from "../commands.ts"
import { explained, failure, noFile } from "../messages.ts"
import { commonOptionsOf, formatOf } from "../options.ts"
import { groupLines, painted, askYesOrNo } from "../questions.ts"

export const updatekeysAction: Action = async (session, input) => {
  const { requireConfig } = await import("../../../app/commands/update-keys.ts")
  await requireConfig(session, input.global.optional("config"))
  const { args } = input
  if (args.length === 0) throw noFile()
  const [only] = args
  if (args.length === 1) {
    await update(session, input, only!)
    return {}
  }
  let failed = 0
  for (const file of args) {
    try {
      await update(session, input, file)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      failed++
      session.log?.({ level: "error", logger: "CMD", text: await explained(error) })
    }
  }
  if (failed > 0) throw failure("WRAP_FAILED", 1, `failed updating ${failed} key(s)`)
  return {}
}

async function update(session: Session, input: SopsInput, file: string): Promise<void> {
  const { planKeyUpdate, requireDocument } = await import("../../../app/commands/update-keys.ts")
  const { io } = session
  const path = requireDocument(session, file)
  await tell(session, `Syncing keys for file ${path}`)
  const inputType = formatOf(input.flags.text("input-type"))
  const plan = await planKeyUpdate(session, { ...commonOptionsOf(input), file, inputType })
  if (plan.isCurrent) {
    await tell(session, `File ${path} already up to date`)
    return
  }
  await io.stdout.write(drawn(plan, io.stdout.hasColor))
  if (!input.flags.isOn("yes") && !(await askYesOrNo(io, "Is this okay? (y/n):"))) {
    await tell(session, `File ${path} left unchanged`)
    return
  }
  await plan.apply()
  await tell(session, `File ${path} synced with new keys`)
}

/** The one command that logs in Go's own way, always. */
async function tell({ io }: Session, text: string): Promise<void> {
  const now = io.now()
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString()
  await io.stderr.write(`${local.slice(0, 10).replaceAll("-", "/")} ${local.slice(11, 19)} ${text}\n`)
}

function drawn({ threshold: [before, after], groups }: KeyUpdate, hasColor: boolean): string {
  const { added, removed } = painted(hasColor)
  const name = "shamir_threshold"
  const lines = ["The following changes will be made to the file's groups:"]
  if (before > 0 && before === after) lines.push(`${name}: ${after}`)
  else {
    if (after > 0) lines.push(added(`${name}: ${after}`))
    if (before > 0) lines.push(removed(`${name}: ${before}`))
  }
  return `${lines.join("\n")}\n${groupLines(groups, hasColor)}`
}
