import { type CommandFacts, firstWords, type OptionFacts } from "./facts.ts"

export function powershell(commands: readonly CommandFacts[], shared: readonly OptionFacts[]): string {
  const version: OptionFacts = { long: "--version", short: "-v", summary: "print the version", takes: "nothing" }
  return `# PowerShell completion for sotto
Register-ArgumentCompleter -Native -CommandName sotto -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $commands = [ordered]@{
${firstWords(commands)
  .map(({ name, summary }) => `    ${quoted(name)} = ${quoted(summary)}`)
  .join("\n")}
  }
  $options = @{
    '' = ${table([version, ...shared])}
${commands.map(({ name, options }) => `    ${quoted(name)} = ${table([...options, ...shared])}`).join("\n")}
  }
  $values = @{
${commands.flatMap((command) => values(command)).join("\n")}
  }
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -ne '' -and $words.Count -gt 0) { $words = @($words | Select-Object -SkipLast 1) }
  $name = @($words | Where-Object { $commands.Contains($_) } | Select-Object -First 1)[0]
  if ($null -eq $name) { $name = '' }
  $second = @($words | Where-Object { $options.Contains("$name $_") } | Select-Object -First 1)[0]
  if ($null -ne $second) { $name = "$name $second" }
  $previous = if ($words.Count -gt 0) { $words[-1] } else { '' }
  $found = if ($values.ContainsKey("$name $previous")) { $values["$name $previous"] }
    elseif ($wordToComplete.StartsWith('-')) { $options[$name] }
    elseif ($name -eq '') { $commands }
    elseif ($values.ContainsKey("$name ")) { $values["$name "] }
    else { @{} }
  $found.GetEnumerator() | Where-Object { $_.Key -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterValue', $_.Value)
  }
}
`
}

function table(options: readonly OptionFacts[]): string {
  return `[ordered]@{ ${options.map(({ long, summary }) => `${quoted(long)} = ${quoted(summary)}`).join("; ")} }`
}

function values({ name, options, completes }: CommandFacts): string[] {
  const rows = options.flatMap(({ long, takes }) =>
    typeof takes === "string" ? [] : [{ key: `${name} ${long}`, words: takes }],
  )
  // What only the program knows is left to the other shells.
  if (Array.isArray(completes)) rows.push({ key: `${name} `, words: completes })
  return rows.map(
    ({ key, words }) =>
      `    ${quoted(key)} = [ordered]@{ ${words.map((word) => `${quoted(word)} = ${quoted(word)}`).join("; ")} }`,
  )
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
