import { type SopsCommand, type SopsContainer, hasCommands, sopsCommands, topFlags } from "./commands.ts"
import { flag } from "./flags.ts"
import { type FlagSpec, defaultsOf, parseFlags } from "./grammar.ts"
import { commandTexts } from "./help.ts"
import { type VariableName } from "../../config/environment.ts"
import { type KindVariable } from "../../keys/kinds.ts"

/**
 * What could stand next, one candidate a line. The shell calls the program with the words so far and one flag behind
 * them; mistakes in these words are overlooked.
 *
 * @see urfave/cli v1.22.17 help.go, DefaultCompleteWithFlags
 */
export function complete(
  words: readonly string[],
  env: (name: VariableName | KindVariable) => string | undefined,
): string {
  const isDescribed = env("_CLI_ZSH_AUTOCOMPLETE_HACK") === "1"
  const { rest } = parseFlags(topFlags, words, defaultsOf(topFlags, env).values)
  const [name, ...more] = rest
  const found = name === undefined ? undefined : sopsCommands.get(name)
  const last = words.at(-1)
  if (found === undefined)
    return suggest(words, last, topFlags, null, isDescribed, [...sopsCommands.keys(), "help", "h"])
  if (!hasCommands(found)) return suggest(words, last, topFlags, found, isDescribed, [])
  return inContainer(words, { name: name!, container: found, more, isDescribed })
}

interface Inside {
  readonly name: string
  readonly container: SopsContainer
  readonly more: readonly string[]
  readonly isDescribed: boolean
}

function inContainer(words: readonly string[], { name, container, more, isDescribed }: Inside): string {
  const helpOnly = [flag("help")]
  const { rest } = parseFlags(helpOnly, more, new Map())
  const command = rest[0] === undefined ? undefined : container.commands.get(rest[0])
  if (command !== undefined) {
    return suggest(words, words.at(-1), helpOnly, command, isDescribed, [])
  }
  const names = [...container.commands.keys(), "help", "h"]
  return suggest(words, words.at(-1), helpOnly, null, isDescribed, names, `${name} `)
}

function suggest(
  words: readonly string[],
  last: string | undefined,
  outer: readonly FlagSpec[],
  command: SopsCommand | null,
  isDescribed: boolean,
  names: readonly string[],
  prefix = "",
): string {
  if (last?.startsWith("-") === true) {
    const specs = command === null ? outer : [...outer, ...command.flags]
    return lines(specs.flatMap((spec) => spellingsFor(spec, last, words)))
  }
  return lines(names.map((name) => (isDescribed ? `${name}:${describe(prefix, name)}` : name)))
}

function describe(prefix: string, name: string): string {
  return name === "help" || name === "h" ? commandTexts["help"]! : (commandTexts[prefix + name] ?? "")
}

/** What goes on from the letters that are there, and is not on the line yet. */
function spellingsFor(spec: FlagSpec, last: string, words: readonly string[]): string[] {
  const typed = last.replace(/^--?/, "")
  const names = [spec.name, ...(spec.short === undefined ? [] : [spec.short])]
  const spelled = names.map((name) => (name.length === 1 ? `-${name}` : `--${name}`))
  if (spelled.some((word) => words.includes(word))) return []
  return names.flatMap((name, index) => {
    const isLetter = name.length === 1
    if (isLetter && last.startsWith("--")) return []
    return name.startsWith(typed) && name !== typed ? [spelled[index]!] : []
  })
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("")
}

/**
 * A script that asks the program itself what could stand next, so that it never grows old.
 *
 * @see complete.ts for the question
 */
export function sopsCompletionScript(shell: "bash" | "zsh"): string {
  return shell === "bash" ? bash : zsh
}

const bash = `
# bash completion for sops
_sops() {
  local current=\${COMP_WORDS[COMP_CWORD]} found
  local -a asked=("\${COMP_WORDS[@]:0:COMP_CWORD}")
  [[ $current == -* ]] && asked+=("$current")
  found=$("\${asked[@]}" --generate-bash-completion 2>/dev/null)
  COMPREPLY=($(compgen -W "$found" -- "$current"))
}
complete -o bashdefault -o default -o nospace -F _sops sops
`

const zsh = `
#compdef sops
# zsh completion for sops
_sops() {
  local current=\${words[CURRENT]}
  local -a asked found
  asked=("\${(@)words[1,CURRENT-1]}")
  [[ $current == -* ]] && asked+=("$current")
  found=("\${(@f)$(_CLI_ZSH_AUTOCOMPLETE_HACK=1 "\${asked[@]}" --generate-bash-completion 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then
    _describe 'values' found
  else
    _files
  fi
}
compdef _sops sops
`
