// This module imports nothing, so that the entry can run it before anything else is loaded.

/**
 * Keeps Node's inspector shut. Without a listener, SIGUSR1 opens it on a port that every local user may connect to and
 * read our memory through. The listener stays to the end; a child that runs gets the signal by `child.ts`.
 *
 * Source: rule S12 of the threat model; Node's documentation of signal events.
 */
export function shutInspector(source: Pick<NodeJS.Process, "on" | "platform">): void {
  if (source.platform !== "win32") source.on("SIGUSR1", ignore)
}

function ignore(): void {}
