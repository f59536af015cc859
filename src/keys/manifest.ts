import { type RecipientType } from "../core/recipient.ts"
import { type Manifest } from "./provider.ts"

/** Every kind of recipient that can be wrapped for and unwrapped: one line each. Loading is left to the moment of use. */
export const manifests: readonly Manifest[] = [
  { type: "age", title: "age", isOnline: false, load: () => import("./age.ts").then(({ age }) => age) },
  { type: "pgp", title: "PGP", isOnline: false, load: () => import("./pgp/pgp.ts").then(({ pgp }) => pgp) },
]

export function manifestOf(type: RecipientType, among: readonly Manifest[] = manifests): Manifest | undefined {
  return among.find((manifest) => manifest.type === type)
}
