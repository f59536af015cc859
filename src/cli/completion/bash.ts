import { type CommandFacts, type OptionFacts } from "./facts.ts"

/** Offers nothing where a file may stand: bash then completes file names itself. */
export function bash(commands: readonly CommandFacts[], shared: readonly OptionFacts[]): string {
  const names = commands.map(({ name }) => name)
  return `# bash completion for sotto
_sotto() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} name= word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      ${names.join("|")}) name=\${name:-$word} ;;
      --) return ;;
    esac
  done
  case $name:$prev in
${commands.flatMap((command) => values(command, shared)).join("\n")}
  esac
  case $name:$cur in
    :-*) words='${[...spellings(shared), "--version", "-v"].join(" ")}' ;;
    :*) words='${names.join(" ")}' ;;
${commands.map((command) => `    ${command.name}:-*) words='${spellings([...command.options, ...shared]).join(" ")}' ;;`).join("\n")}
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
    const pattern = [long, short].flatMap((spelling) => (spelling === undefined ? [] : `${name}:${spelling}`)).join("|")
    if (typeof takes === "string") return [`    ${pattern}) return ;;`]
    return [`    ${pattern}) COMPREPLY=($(compgen -W '${takes.join(" ")}' -- "$cur")); return ;;`]
  })
}

function argument({ name, completes }: CommandFacts): string[] {
  return Array.isArray(completes) ? [`    ${name}:*) words='${completes.join(" ")}' ;;`] : []
}

function spellings(options: readonly OptionFacts[]): string[] {
  return options.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short]))
}
