import { checkEnvNames } from "../child/child-env.ts"
import { envAsUpstream } from "../child/env-as-upstream.ts"
import { valuesOf } from "../child/child-values.ts"
import { openFile, withFile } from "../open/open-file.ts"
import { treesOf } from "../open/print.ts"
import { type Outcome, type Session } from "../session.ts"
import { type ExecOptions, runInShell, switchUser } from "../child/shell-child.ts"

export interface ExecEnvOptions extends ExecOptions {
  readonly sameProcess: boolean
}

/** `exec-env`: a shell command with the values of one sealed file in its environment. */
export async function execEnv(session: Session, options: ExecEnvOptions): Promise<Outcome> {
  const file = await openFile(session, { ...options, source: options.file, valuesOnly: true })
  try {
    const values = await withFile(file.file, async () => {
      if (session.dialect.children.values === "as upstream") return envAsUpstream(treesOf(session, file))
      const found = valuesOf(session, file, { withClear: options.withClear, flatten: undefined, only: [] })
      checkEnvNames(found, options.allowEnv)
      return found
    })
    return await runInShell(session, options, switchUser(session, options), values)
  } finally {
    file.dataKey.wipe()
  }
}
