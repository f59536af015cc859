import { type CommandFacts, firstWords, type OptionFacts } from "./facts.ts"

/** Offers nothing where a file may stand: bash then completes file names itself. */
export function bash(commands: readonly CommandFacts[], shared: readonly OptionFacts[]): string {
  const names = firstWords(commands).map(({ name }) => name)
  const pairs = commands.filter(({ name }) => name.includes(" ")).map(({ name }) => name)
  return `# bash completion for sotto
_sotto() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} name= word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $name.$word in
      ${pairs.map((name) => name.replace(" ", ".")).join("|")}) name="$name $word" ;;
      ${names.map((name) => `.${name}`).join("|")}) name=$word ;;
      *.--) return ;;
    esac
  done
  case $name:$prev in
${commands.flatMap((command) => values(command, shared)).join("\n")}
  esac
  case $name:$cur in
    :-*) words='${[...spellings(shared), "--version", "-v"].join(" ")}' ;;
    :*) words='${names.join(" ")}' ;;
${commands.map((command) => `    ${pattern(command.name)}:-*) words='${spellings([...command.options, ...shared]).join(" ")}' ;;`).join("\n")}
${commands.flatMap(argument).join("\n")}
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
    if (typeof takes === "string") return [`    ${spelt.join("|")}) return ;;`]
    return [`    ${spelt.join("|")}) COMPREPLY=($(compgen -W '${takes.join(" ")}' -- "$cur")); return ;;`]
  })
}

function pattern(name: string): string {
  return name.replace(" ", "\\ ")
}

function argument({ name, completes }: CommandFacts): string[] {
  return Array.isArray(completes) ? [`    ${pattern(name)}:*) words='${completes.join(" ")}' ;;`] : []
}

function spellings(options: readonly OptionFacts[]): string[] {
  return options.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short]))
}
