const charactersMax = 200
// A plugin that was handed an identity may quote it.
const identity = /AGE-(PLUGIN|SECRET-KEY)-[^\s"']+/gi

/**
 * Text that a plugin says, as it may stand in a question or an error: on one line, without characters that a terminal
 * acts upon or that take no room, cut at 200 characters (security rule S20).
 */
export function oneLine(text: string): string {
  const plain = text
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .replace(identity, "[identity]")
  const characters = Array.from(plain)
  return characters.length > charactersMax ? `${characters.slice(0, charactersMax).join("")}…` : plain
}
