import { type CommandFacts, type OptionFacts } from "./facts.ts"

export function fish(commands: readonly CommandFacts[], shared: readonly OptionFacts[]): string {
  const lines = [
    "# fish completion for sotto",
    "function __sotto_offer",
    "  set -l before (commandline -opc)",
    "  set -l current (commandline -ct)",
    "  for line in (printf '%s\\0' $before[2..-1] \"$current\" | command sotto __complete fish (math (count $before) - 1) 2>/dev/null)",
    "    if string match -q -r '^\\t' -- $line; __fish_complete_path \"$current\"; else; echo $line; end",
    "  end",
    "end",
    "complete -c sotto -n __fish_use_subcommand -f",
    "complete -c sotto -n __fish_use_subcommand -l version -s v -d 'print the version'",
    ...shared.map((option) => line("", option)),
  ]
  for (const { name, summary, options, completes } of commands) {
    const words = name.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`)
    const seen = `-n '${words.join("; and ")}'`
    if (words.length === 1) lines.push(`complete -c sotto -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`)
    for (const option of options) lines.push(line(seen, option))
    if (completes === "asked") lines.push(`complete -c sotto ${seen} -f -a '(__sotto_offer)'`)
    if (Array.isArray(completes)) lines.push(`complete -c sotto ${seen} -f -a ${quoted(completes.join(" "))}`)
  }
  return `${lines.join("\n")}\n`
}

function line(condition: string, { long, short, summary, takes }: OptionFacts): string {
  const parts = ["complete -c sotto", condition, `-l ${long.slice(2)}`]
  if (short !== undefined) parts.push(`-s ${short.slice(1)}`)
  if (takes === "asked") parts.push("-x -a '(__sotto_offer)'")
  else if (takes === "file") parts.push("-r -F")
  else if (takes === "text") parts.push("-x")
  else if (takes !== "nothing") parts.push(`-x -a ${quoted(takes.join(" "))}`)
  return [...parts, `-d ${quoted(summary)}`].filter((part) => part !== "").join(" ")
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`
}
