import { posix, win32 } from "node:path"
import { type KeyContext } from "./provider.ts"

/** A path below the user's folder; `null` when that is not known. */
export function homeFile({ platform, home }: Pick<KeyContext, "platform" | "home">, ...parts: string[]): string | null {
  return home === "" ? null : (platform === "win32" ? win32 : posix).join(home, ...parts)
}
