import { type CommandFacts, firstWords, type OptionFacts } from "./facts.ts"

export function zsh(commands: readonly CommandFacts[], shared: readonly OptionFacts[]): string {
  return `#compdef sotto
_sotto_offer() {
  local -a found abouts
  local text about files=
  while IFS=$'\\t' read -r text about; do
    if [[ -z $text ]]; then files=1; else found+=("$text"); abouts+=("$text  -- $about"); fi
  done < <(printf '%s\\0' "\${_sotto_line[@]}" | command sotto __complete zsh $_sotto_at 2>/dev/null)
  (( \${#found} )) && compadd -l -d abouts -a found
  [[ -z $files ]] || _files
}
_sotto() {
  local curcontext="$curcontext" state line
  local -a _sotto_line
  local _sotto_at=$(( CURRENT - 2 ))
  _sotto_line=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" "\${(@Q)words[CURRENT+1,-1]}")
  local -a commands
  commands=(
${firstWords(commands)
  .map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`)
  .join("\n")}
  )
  _arguments -C \\
${option({ long: "--version", short: "-v", summary: "print the version", takes: "nothing" })} \\
${shared.map((one) => `${option(one)} \\`).join("\n")}
    '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      local name=$words[1]
      case "$name $words[2]" in
        ${commands
          .filter(({ name }) => name.includes(" "))
          .map(({ name }) => quoted(name))
          .join("|")}) name="$name $words[2]"; shift words; (( CURRENT-- )) ;;
      esac
      case $name in
${commands.map((command) => one(command, shared)).join("\n")}
      esac ;;
  esac
}
if [[ $funcstack[1] == _sotto ]]; then _sotto "$@"; else compdef _sotto sotto; fi
`
}

function one({ name, options, completes }: CommandFacts, shared: readonly OptionFacts[]): string {
  const lines = [...options, ...shared].map((fact) => `    ${option(fact)} \\`)
  const rest =
    completes === "asked"
      ? "_sotto_offer"
      : completes === "file"
        ? "_files"
        : completes === null
          ? "_default"
          : `(${completes.join(" ")})`
  return `        ${quoted(name)}) _arguments -s \\\n${lines.join("\n")}\n          '*:argument:${rest}' ;;`
}

function option({ long, short, summary, takes }: OptionFacts): string {
  const text = summary.replace(/[[\]\\]/g, "\\$&").replaceAll(":", "\\:")
  const value =
    takes === "nothing"
      ? ""
      : `:value:${takes === "asked" ? "_sotto_offer" : takes === "file" ? "_files" : takes === "text" ? "" : `(${takes.join(" ")})`}`
  // With its sign a value may be in the same word, or in the next one.
  const name = takes === "nothing" ? long : `${long}=`
  if (short === undefined) return `      ${quoted(`*${name}[${text}]${value}`)}`
  return `      ${quoted("*")}{${short},${name}}${quoted(`[${text}]${value}`)}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
