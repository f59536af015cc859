import { AppError, placeText } from "../errors/app-error.ts"
import { display } from "../errors/display.ts"
import { type Paint, paintWith } from "../app/report/paint.ts"
import { asFailure } from "../app/system-failure.ts"
import { version } from "../version.ts"

interface ReportStyle {
  /** One JSON object a line, for tools. */
  readonly json: boolean
  /** The stream is a terminal that shows colours. */
  readonly color: boolean
}

const bugExit = 70

/**
 * What is printed on stderr for anything that was thrown: the one place where errors become text.
 *
 * A bug shows the class of the error and the places in our own code, never its message: a message may quote a document.
 *
 * @returns whole lines, with the final newline
 */
export function report(thrown: unknown, { json, color }: ReportStyle): string {
  const error = asFailure(thrown)
  if (json) return `${ascii(JSON.stringify(error instanceof AppError ? fields(error) : bugFields(error)))}\n`
  const paint = paintWith(color)
  const lines = error instanceof AppError ? errorLines(error, paint) : bugLines(error, paint)
  return `${lines.join("\n")}\n`
}

/**
 * The failures of several files. What is said of more than one of them, facts and what to do next, is said once, behind
 * the last.
 */
export function reportAll(errors: readonly AppError[], style: ReportStyle): string {
  if (style.json) return errors.map((error) => report(error, style)).join("")
  const paint = paintWith(style.color)
  const groups = new Map<string, AppError[]>()
  for (const error of errors) {
    // The reader closed the pipe; stay silent, as other tools do.
    if (error.code === "OUTPUT_CLOSED") continue
    const advice = JSON.stringify([error.code, error.detail.notes, hintForAny(error)])
    const group = groups.get(advice)
    if (group === undefined) groups.set(advice, [error])
    else group.push(error)
  }
  const lines = [...groups.values()].flatMap((group) => {
    const [first] = group
    if (group.length === 1) return errorLines(first!, paint)
    return [...group.map((error) => headLine(error, paint)), ...adviceLines(first!, hintForAny(first!), paint)]
  })
  return lines.map((line) => `${line}\n`).join("")
}

/** With FILE in place of the name. */
function hintForAny({ code, detail }: AppError): string | undefined {
  return new AppError(code, {}, detail).hint
}

/** The same, called as `sops`: message and newline, without prefix, code or colour (upstream's coded errors). */
export function reportAsSops(thrown: unknown): string {
  const error = asFailure(thrown)
  if (!(error instanceof AppError)) return report(error, { json: false, color: false })
  return `${[`${display(error.title)}${placeText(error.where)}`, ...(error.detail.notes ?? []).map(note)].join("\n")}\n`
}

/** The status that the process ends with. */
export function exitOf(thrown: unknown): number {
  const error = asFailure(thrown)
  return error instanceof AppError ? error.exit : bugExit
}

/** One line for people that is not an error. */
export function notice(text: string, { json, color }: ReportStyle): string {
  if (json) return `${ascii(JSON.stringify({ schema: 1, notice: text }))}\n`
  return `${paintWith(color)("notice", "notice:")} ${display(text, noticeMax)}\n`
}

// A notice, or a line of an error, may hold several names, each of them cut where it comes in; what to do next is at
// its end.
const noticeMax = 600

function errorLines(error: AppError, paint: Paint): string[] {
  return [headLine(error, paint), ...adviceLines(error, error.hint, paint)]
}

function headLine(error: AppError, paint: Paint): string {
  return `${paint("error", "error:")} ${display(error.title, noticeMax)}${placeText(error.where)} [${error.code}]`
}

function adviceLines({ detail: { notes = [] } }: AppError, hint: string | undefined, paint: Paint): string[] {
  const lines = notes.map(note)
  return hint === undefined ? lines : [...lines, `${paint("hint", "hint:")} ${display(hint, noticeMax)}`]
}

function note(text: string): string {
  return `  ${display(text, noticeMax)}`
}

function fields(error: AppError): object {
  const { name: _, ...rest } = error.toJSON()
  return { schema: 1, ...rest, message: error.title }
}

/** JSON with every character beyond ASCII escaped: exact for tools, and harmless where a log shows it. */
function ascii(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

function bugLines(error: unknown, paint: Paint): string[] {
  return [
    `${paint("error", "error:")} this is a bug in sotto (${bugName(error)}) [BUG]`,
    ...frames(error).map((frame) => `  at ${frame}`),
    `${paint("hint", "hint:")} ${bugHint}`,
  ]
}

function bugFields(error: unknown): object {
  const message = `this is a bug in sotto (${bugName(error)})`
  return { schema: 1, code: "BUG", exit: bugExit, message, frames: frames(error), hint: bugHint }
}

const bugHint = `report it with these lines, the command and its options, and the version (sotto ${version}, Node ${process.version}); do not send the file`

function bugName(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const name = error.constructor.name
  const code =
    "code" in error && typeof error.code === "string" && /^[A-Z_\d]{1,40}$/.test(error.code) ? error.code : ""
  return [/^\w{1,40}$/.test(name) ? name : "Error", code].filter(Boolean).join(" ")
}

/** Our own stack frames as `file:line`. The head of a stack repeats the message, so it is cut off by its length. */
function frames(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return []
  const head = [`${error.name}: ${error.message}`, `${error.constructor.name}: ${error.message}`, error.name]
  const known = head.find((text) => error.stack?.startsWith(`${text}\n`))
  if (known === undefined) return []
  const own: string[] = []
  for (const line of error.stack.slice(known.length).split("\n")) {
    if (line.includes("node_modules") || line.includes("node:")) continue
    const found = /^ {4}at .*?([\w.-]{1,80}\.(?:ts|js|mjs):\d+):\d+\)?$/.exec(line)?.[1]
    if (found !== undefined) own.push(found)
  }
  return own.slice(0, 12)
}
