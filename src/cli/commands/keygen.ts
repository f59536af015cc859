import { command } from "../spec.ts"
import { outputOf } from "../target.ts"

export const keygenCommand = command({
  details: [
    "Without --output the identity is printed. With it, the identity goes into a new file of mode 0600, and the " +
      "public key is printed.",
  ],
  arguments: {},
  options: {
    pq: { kind: "flag", summary: "a post-quantum identity (age1pq...)" },
    output: { kind: "text", short: "o", value: "FILE", summary: "write the identity to FILE" },
  },
  examples: [
    { line: "sotto keygen -o ~/.config/sops/age/keys.txt", shows: "make an identity where sops and sotto find it" },
  ],
  async run(session, { options }) {
    const { generateKey } = await import("../../app/commands/keygen.ts")
    return generateKey(session, { ...options, output: outputOf(options) })
  },
})
