/** What this machine calls itself; `""` when it does not know. */
export function nameOfMachine(): string {
  try {
    return process.getBuiltinModule("node:os").hostname()
  } catch {
    return ""
  }
}
