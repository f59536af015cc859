// This module imports nothing, so that the entry can run it before anything else is loaded.

type Runtime = Pick<NodeJS.Process, "on" | "platform" | "execArgv"> & {
  /** Node's own way to end what SIGUSR1 began. It is not documented, and other runtimes do not have it. */
  readonly _debugEnd?: () => void
}

/**
 * Keeps Node's inspector shut. Without a listener, SIGUSR1 opens it on a port that every local user may connect to and
 * read our memory through. The listener stays to the end; a child that runs gets the signal by `child.ts`.
 *
 * Source: rule S12 of the threat model; Node's documentation of signal events.
 */
export function shutInspector(source: Runtime): void {
  if (source.platform !== "win32") source.on("SIGUSR1", ignore)
  closeInspector(source)
}

/**
 * Closes what a signal opened while Node itself was starting, when no listener of ours could be there. Node opens it
 * between two statements or in the first turn of its loop, so it is closed now, and again at the end of that turn.
 * `node --inspect` means it, and keeps it.
 */
function closeInspector({ execArgv, _debugEnd: end }: Runtime): void {
  if (end === undefined) return
  // A loop, since `some` is compiled at its first call in the single binary, which has no such options.
  for (const option of execArgv) if (/^--inspect(?:-brk|-wait)?(?:=|$)/.test(option)) return
  end()
  setImmediate(end)
}

function ignore(): void {}
