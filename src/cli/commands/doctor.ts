import { command } from "../spec.ts"

export const doctorCommand = command({
  details: [
    "Checks your identities and who else can read them, the config, git, the editor, gpg, Node, the folder of " +
      "drafts, and what interrupted writes left behind. With a file: does it open here? Nothing is written or sent, " +
      "and no passphrase is asked for. The status is 1 if something is wrong.",
    "With --online it also asks the key services of the file, one by one.",
  ],
  arguments: {
    file: { kind: "optional", completes: "file", summary: "a sealed file that should open here" },
  },
  options: {
    online: { kind: "flag", summary: "also ask every key service of the file" },
  },
  examples: [
    { line: "sotto doctor", shows: "is everything there?" },
    { line: "sotto doctor secrets.yaml", shows: "why does this file not open here?" },
  ],
  async run(session, { args, options }) {
    const { doctor } = await import("../../app/commands/doctor.ts")
    return doctor(session, { ...options, ...args })
  },
})
