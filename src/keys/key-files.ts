import { posix, win32 } from "node:path"
import { type KeyContext } from "./provider.ts"

const tail = ["sops", "age", "keys.txt"] as const

type KeyFilesContext = Pick<KeyContext, "env" | "platform" | "home" | "dialect">

/**
 * Where age identities are looked for when no variable names a place.
 *
 * The first one is upstream's, and the place for a new key. As `sops` it is the only one; otherwise all places
 * follow that any release or guide names: on macOS both the library folder and `~/.config`.
 *
 * @see sops v3.13.2 age/keysource.go, getUserConfigDir, and Go's os.UserConfigDir
 */
export function defaultKeyFiles(machine: KeyFilesContext): string[] {
  const path = machine.platform === "win32" ? win32 : posix
  const own = upstreamFolder(machine)
  const folders =
    machine.dialect.identityPlaces === "upstream"
      ? [own]
      : [own, xdgFolder(machine), homeFile(machine, ".config"), macFolder(machine)]
  const files = folders.filter((folder) => folder !== null).map((folder) => path.join(folder, ...tail))
  return [...new Set(files)]
}

function upstreamFolder(machine: KeyFilesContext): string | null {
  const { env, platform, home } = machine
  if (platform === "win32") return env("APPDATA") || env("AppData") || null
  const xdg = env("XDG_CONFIG_HOME")
  if (platform === "darwin") return xdg || macFolder(machine)
  if (xdg) return posix.isAbsolute(xdg) ? xdg : null
  return home === "" ? null : posix.join(home, ".config")
}

function xdgFolder({ env, platform }: KeyFilesContext): string | null {
  const xdg = env("XDG_CONFIG_HOME") ?? ""
  return (platform === "win32" ? win32 : posix).isAbsolute(xdg) ? xdg : null
}

function macFolder({ platform, home }: KeyFilesContext): string | null {
  return platform === "darwin" && home !== "" ? posix.join(home, "Library", "Application Support") : null
}

/** A path below the user's folder; `null` when that is not known. */
export function homeFile({ platform, home }: Pick<KeyContext, "platform" | "home">, ...parts: string[]): string | null {
  return home === "" ? null : (platform === "win32" ? win32 : posix).join(home, ...parts)
}
