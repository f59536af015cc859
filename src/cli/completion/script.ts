import { globalOptions } from "../global-options.ts"
import { bash } from "./bash.ts"
import { allCommandFacts, optionFacts, type Shell } from "./facts.ts"
import { fish } from "./fish.ts"
import { powershell } from "./powershell.ts"
import { zsh } from "./zsh.ts"

export async function completionScript(shell: Shell): Promise<string> {
  const facts = await allCommandFacts()
  const shared = optionFacts(globalOptions)
  switch (shell) {
    case "bash":
      return bash(facts, shared)
    case "zsh":
      return zsh(facts, shared)
    case "fish":
      return fish(facts, shared)
    case "powershell":
      return powershell(facts, shared)
  }
}
