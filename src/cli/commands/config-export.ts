import { command } from "../spec.ts"

export const configExportCommand = command({
  details: [
    "Prints a config that makes sops seal for the same recipients and the same values: names become recipients, " +
      "and path patterns become regular expressions. What sops cannot express is named in a comment and a notice. " +
      "Nothing is written.",
  ],
  arguments: {
    file: { kind: "optional", completes: "file", summary: "the .sopsrc; the nearest one when absent" },
  },
  options: {
    format: { kind: "choice", value: "FORMAT", choices: ["sops"], summary: "sops: a .sops.yaml (the default)" },
  },
  examples: [{ line: "sotto config export > .sops.yaml", shows: "people with sops seal as people with sotto" }],
  async run(session, { args, options }) {
    const { exportConfig } = await import("../../app/commands/config-export.ts")
    return exportConfig(session, { config: args.file ?? options.config })
  },
})
