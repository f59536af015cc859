import { type Scanner, type Source, type Translator } from "@secretlint/secretlint-rule-preset-recommend"

/** Where a key is in a text, and which service it is for. Never the key. */
interface ProviderKey {
  readonly offset: number
  /** `aws`, `github`, `slack`: the name of its format. */
  readonly provider: string
}

/**
 * At least one string that is in every key of a format. A text without any of them is not looked at, and one with
 * some only around them, so that the work stays linear in the text whatever it holds.
 */
export const providerMarks: readonly string[] = [
  "AKIA AGPA AIDA AROA AIPA ANPA ANVA ASIA A3T",
  "npm_ _authToken= x-oauth-basic",
  "xoxb- xoxp- xapp- xoxa- xoxo- xoxr- hooks.slack.com/services/",
  "T3BlbkFJ sk-ant-api0 gsk_ hf_ lin_api_ ntn_ SG.",
  "shppa_ shpca_ shpat_ shpss_",
  "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- glc_ glsa_ ops_ey",
  "hvs. hvb. hvr. vcp_ vci_ vca_ vcr_ vck_ dapi dckr_pat_ figd_",
  ...["SECRET", "secret", "Secret"].map((word) =>
    ["_ACCESS", "_access", "_Access", "ACCESS", "access", "Access"].map((next) => word + next).join(" "),
  ),
].flatMap((marks) => marks.split(" "))

/** Formats that are not keys of a service, or that we look for ourselves: PEM blocks, passwords in addresses. */
const left: ReadonlySet<string> = new Set([
  "gcp",
  "privatekey",
  "basicauth",
  "database-connection-string",
  "filter-comments",
])
/** Names without secrecy: the number of an account. */
const leftMessages: ReadonlySet<string> = new Set(["AWSAccountID"])

const prefix = "@secretlint/secretlint-rule-"
const aroundChars = 512
/** A text with more than that around its marks was made of marks. */
const lookedCharsMax = 4_000_000

const providerMark = anyOf(providerMarks)

/** Whether a text may hold a key of a service: cheap, and without loading anything. */
export function mayHoldProviderKey(text: string): boolean {
  return providerMark.test(text)
}

/** Finds the first of many words in one pass: to look for each takes ten times as long. */
export function anyOf(words: readonly string[]): RegExp {
  return new RegExp(words.map((word) => word.replaceAll(/[^\w ]/g, String.raw`\$&`)).join("|"))
}

/** What was found in a text. */
interface ProviderKeys {
  readonly keys: readonly ProviderKey[]
  /** All of it was searched. */
  readonly isWhole: boolean
}

export interface ProviderFormats {
  /** @param file - its name: some formats are those of a kind of file */
  find(text: string, file: string): ProviderKeys
}

/** The formats of `@secretlint/secretlint-rule-preset-recommend`. Its comments that switch rules off are ignored. */
export async function loadProviderFormats(): Promise<ProviderFormats> {
  const { rules } = await import("@secretlint/secretlint-rule-preset-recommend")
  const named = rules.map((rule) => ({ rule, name: rule.meta.id.slice(prefix.length) }))
  const scan = (source: Source, isWanted: (name: string) => boolean): ProviderKey[] => {
    const found: ProviderKey[] = []
    for (const { rule, name } of named) {
      if (!isWanted(name)) continue
      const report: Scanner["report"] = ({ message, range }) => {
        if (!leftMessages.has(message.messageId)) found.push({ offset: range[0], provider: name })
      }
      const scanner = rule.create({ createTranslator, report, ignore() {} }, { enableIDScanRule: true })
      scanner.file?.(source)
    }
    return found
  }
  return {
    find(text, file) {
      const keys = new Map<number, ProviderKey>()
      const { windows, isWhole } = windowsOf(text)
      for (const { start, end } of windows) {
        for (const { offset, provider } of scan(sourceOf(text.slice(start, end), file), (name) => !left.has(name)))
          keys.set(start + offset, { offset: start + offset, provider })
      }
      return { keys: [...keys.values()].toSorted((a, b) => a.offset - b.offset), isWhole }
    },
  }
}

/** The rules put the key into their message; here only the name of the message is kept. */
const createTranslator: Translator = () => (messageId) => ({ messageId })

function sourceOf(content: string, filePath: string): Source {
  const dot = filePath.lastIndexOf(".")
  return { content, filePath, ext: dot === -1 ? "" : filePath.slice(dot), contentType: "text" }
}

interface Window {
  readonly start: number
  end: number
}

/** Pieces of the text around marks, without overlap. None ends within a word, where half a key could look whole. */
function windowsOf(text: string): { windows: Window[]; isWhole: boolean } {
  const windows: Window[] = []
  let looked = 0
  for (const at of marksIn(text)) {
    const last = windows.at(-1)
    if (last !== undefined && at + aroundChars < last.end) continue
    const start = Math.max(last?.end ?? 0, at - aroundChars)
    const end = wordEnd(text, Math.min(text.length, at + 4 * aroundChars))
    looked += end - start
    if (looked > lookedCharsMax) return { windows, isWhole: false }
    if (last !== undefined && start === last.end) last.end = end
    else windows.push({ start, end })
  }
  return { windows, isWhole: true }
}

const keyCharacter = /[\w+/=.:-]/

function wordEnd(text: string, from: number): number {
  let end = from
  while (end < text.length && end - from < 16 * aroundChars && keyCharacter.test(text[end]!)) end++
  return end
}

/** Where marks begin, ascending: it looks for the next of each only after the one before. */
function* marksIn(text: string): Generator<number> {
  const next = providerMarks.map((mark) => text.indexOf(mark))
  for (;;) {
    let nearest = -1
    for (const [index, at] of next.entries()) if (at !== -1 && (nearest === -1 || at < next[nearest]!)) nearest = index
    if (nearest === -1) return
    const at = next[nearest]!
    yield at
    next[nearest] = text.indexOf(providerMarks[nearest]!, at + 1)
  }
}
