import { shells } from "../completion/facts.ts"
import { AppError } from "../../errors/app-error.ts"
import { didYouMean } from "../../errors/nearest.ts"
import { command } from "../spec.ts"

export const completionCommand = command({
  details: [
    "Prints a script that completes commands, options and file names in your shell; except in PowerShell, also the key paths " +
      "of the file on the command line, and names of the config. These are read at that moment, and no key is needed.",
  ],
  arguments: {
    shell: { kind: "required", completes: shells, summary: `one of ${shells.join(", ")}` },
  },
  options: {},
  examples: [
    { line: "source <(sotto completion bash)", shows: "bash, in ~/.bashrc" },
    { line: "sotto completion zsh > ~/.zfunc/_sotto", shows: "zsh, in a folder of $fpath" },
    { line: "sotto completion fish > ~/.config/fish/completions/sotto.fish", shows: "fish" },
    { line: "sotto completion powershell | Out-String | Invoke-Expression", shows: "PowerShell, in $PROFILE" },
  ],
  async run(_session, { args }) {
    const shell = shells.find((name) => name === args.shell)
    if (shell === undefined) {
      const hint = didYouMean(args.shell, shells) ?? `one of ${shells.join(", ")}`
      throw new AppError("OPTION_VALUE", {}, { subject: `there are no completions for ${args.shell}`, hint })
    }
    const { completionScript } = await import("../completion/script.ts")
    return { output: await completionScript(shell) }
  },
})
