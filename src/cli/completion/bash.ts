import { type CommandFacts, firstWords, type OptionFacts } from "./facts.ts"

/**
 * Offers nothing where a file may stand: bash then completes file names itself. Summaries are shown in the list that a
 * second tab brings, and nowhere where bash would put them into the line.
 */
export function bash(commands: readonly CommandFacts[], shared: readonly OptionFacts[]): string {
  const names = firstWords(commands).map(({ name }) => name)
  const all = new Set(commands.map(({ name }) => name))
  const pairs = commands.filter(({ name }) => name.includes(" ")).map(({ name }) => name)
  return `# bash completion for sotto
_sotto_offer() {
  local cur=$1 text about files= quote=
  case $cur in "'"*) quote=single ;; '"'*) quote=double ;; esac
  while IFS=$'\\t' read -r text about; do
    case $text:$quote in
      :*) files=1; continue ;;
      *:) printf -v text '%q' "$text" ;;
      *\\'*:single) continue ;;
      *:double) text=\${text//'\\'/'\\\\'}; text=\${text//'"'/'\\"'}; text=\${text//'$'/'\\$'}; text=\${text//'\`'/'\\\`'} ;;
    esac
    COMPREPLY+=("$text"); abouts+=("$about")
  done < <(printf '%s\\0' "\${COMP_WORDS[@]:1}" | command sotto __complete bash $((COMP_CWORD - 1)) 2>/dev/null)
  if [ -n "$files" ] && [ \${#COMPREPLY[@]} -gt 0 ]; then
    while IFS= read -r text; do COMPREPLY+=("$text"); done < <(compgen -f -- "$cur")
  fi
  [ -n "$files" ] || compopt +o default +o bashdefault 2>/dev/null
}
_sotto_summary() {
  case $1 in
${commands.map(({ name, summary }) => `    ${pattern(name)}) about=${quoted(summary)} ;;`).join("\n")}
    *) about= ;;
  esac
}
_sotto() {
  local about at abouts=() family=
  COMPREPLY=()
  _sotto_words
  case $COMP_TYPE in 63|33|64) ;; *) return ;; esac
  [ \${#COMPREPLY[@]} -gt 1 ] || return
  for at in "\${!COMPREPLY[@]}"; do
    about=\${abouts[at]}
    [ -n "$about" ] || _sotto_summary "$family\${COMPREPLY[at]}"
    [ -z "$about" ] || COMPREPLY[at]="\${COMPREPLY[at]}  ($about)"
  done
}
_sotto_words() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} name= word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $name.$word in
      ${pairs.map((name) => name.replace(" ", ".")).join("|")}) name="$name $word" ;;
      ${names.map((name) => `.${name}`).join("|")}) name=$word ;;
      *.--) return ;;
    esac
  done
  # bash takes --name=value for three words.
  case $prev:$cur in
    --*:=) cur= ;;
    =:*) prev=\${COMP_WORDS[COMP_CWORD-2]} ;;
  esac
  case $name:$prev in
${commands.flatMap((command) => values(command, shared)).join("\n")}
  esac
  case $name:$cur in
    :-*) words='${[...spellings(shared), "--version", "-v"].join(" ")}' ;;
    :*) words='${names.join(" ")}' ;;
${commands.map((command) => `    ${pattern(command.name)}:-*) words='${spellings([...command.options, ...shared]).join(" ")}' ;;`).join("\n")}
${commands.flatMap((command) => argument(command, all)).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _sotto sotto
`
}

function values({ name, options }: CommandFacts, shared: readonly OptionFacts[]): string[] {
  return [...options, ...shared].flatMap(({ long, short, takes }) => {
    if (takes === "nothing") return []
    const spelt = [long, short].flatMap((spelling) => (spelling === undefined ? [] : `${pattern(name)}:${spelling}`))
    if (takes === "asked") return [`    ${spelt.join("|")}) _sotto_offer "$cur"; return ;;`]
    if (typeof takes === "string") return [`    ${spelt.join("|")}) return ;;`]
    return [`    ${spelt.join("|")}) COMPREPLY=($(compgen -W '${takes.join(" ")}' -- "$cur")); return ;;`]
  })
}

function pattern(name: string): string {
  return name.replace(" ", "\\ ")
}

function argument({ name, completes }: CommandFacts, names: ReadonlySet<string>): string[] {
  if (completes === "asked") return [`    ${pattern(name)}:*) _sotto_offer "$cur"; return ;;`]
  if (!Array.isArray(completes)) return []
  const isFamily = completes.every((word: string) => names.has(`${name} ${word}`))
  return [`    ${pattern(name)}:*) words='${completes.join(" ")}'${isFamily ? ` family='${name} '` : ""} ;;`]
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function spellings(options: readonly OptionFacts[]): string[] {
  return options.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short]))
}
