// The manual: a page for the program and one for each command, from the tables that its help comes from.
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { tables } from "./tables.mjs"

/**
 * @param {string} root - of the project
 * @param {string} folder - gets sotto.1, sotto-encrypt.1, sotto-git-status.1 and so on
 */
export async function writeManual(root, folder) {
  const found = await tables(root)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "sotto.1"), programPage(found))
  for (const [name, entry] of found.commands) {
    const page = commandPage(name, entry.summary, await entry.load(), found)
    writeFileSync(join(folder, `sotto-${name.replaceAll(" ", "-")}.1`), page)
  }
}

function programPage({ commands, groups, programOptions, optionName, variables }) {
  const lists = Object.entries(groups).flatMap(([group, title]) => [
    `.SS ${text(title)}`,
    ...Array.from(commands)
      .filter(([, entry]) => entry.group === group)
      .flatMap(([name, { summary }]) => tagged(`sotto ${name}`, summary)),
  ])
  return page("sotto", "keep secrets in Git as encrypted files", [
    section("SYNOPSIS", bold("sotto"), "COMMAND [OPTIONS] [ARGUMENTS]"),
    section(
      "DESCRIPTION",
      text(
        "Seals the values of YAML, JSON, .env and INI files, and keeps every other byte. The files are those of sops.",
      ),
      text("Each command has a page of its own, such as sotto-encrypt(1)."),
    ),
    [".SH COMMANDS", ...lists],
    [".SH OPTIONS", ...options(programOptions, optionName)],
    [".SH ENVIRONMENT", ...Object.entries(variables).flatMap(([name, { use }]) => tagged(name, plain(use)))],
    section("SEE ALSO", text("sops(1), age(1), git(1)")),
  ])
}

function commandPage(name, summary, command, { globalOptions, optionName, argumentName, usage }) {
  const args = Object.entries(command.arguments)
  return page(`sotto-${name.replaceAll(" ", "-")}`, summary, [
    section("SYNOPSIS", text(usage(name, command))),
    section("DESCRIPTION", ...command.details.map((each) => text(plain(each)))),
    args.length === 0
      ? []
      : [".SH ARGUMENTS", ...args.flatMap(([key, spec]) => tagged(argumentName(key, spec), spec.summary))],
    [".SH OPTIONS", ...options({ ...command.options, ...globalOptions }, optionName)],
    [".SH EXAMPLES", ...command.examples.flatMap(({ line, shows }) => tagged(line, shows))],
    section("SEE ALSO", text("sotto(1)")),
  ])
}

function page(name, summary, sections) {
  const head = [
    `.TH ${text(name.toUpperCase())} 1 "" "sotto" "sotto"`,
    ".SH NAME",
    `${text(name)} \\- ${text(summary)}`,
  ]
  return `${[...head, ...sections.flat()].join("\n")}\n`
}

function section(title, ...paragraphs) {
  return [`.SH ${title}`, ...paragraphs.flatMap((each, at) => (at === 0 ? [each] : [".PP", each]))]
}

function options(specs, optionName) {
  return Object.entries(specs).flatMap(([key, spec]) =>
    tagged(optionName(key, spec), spec.env === undefined ? spec.summary : `${spec.summary} (or ${spec.env})`),
  )
}

function tagged(term, body) {
  return [".TP", bold(term), text(plain(body))]
}

function bold(words) {
  return `\\fB${text(words)}\\fR`
}

/** Without the marks of code in our summaries. */
function plain(words) {
  return words.replaceAll("`", "")
}

/** Nothing in it means anything to troff. */
function text(words) {
  const escaped = words.replaceAll("\\", "\\e").replaceAll("-", "\\-")
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped
}
