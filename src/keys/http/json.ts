/** What a service answered: looked into with `field` only, since it may hold any name. */
export type Json = unknown

/** @returns `null` when it is no JSON. Its length was bounded when it was received. */
export function parseJson(body: Uint8Array | string): Json {
  try {
    return JSON.parse(typeof body === "string" ? body : new TextDecoder("utf-8", { fatal: true }).decode(body)) as Json
  } catch {
    return null
  }
}

/** What is at a path of names; `undefined` when nothing does. */
export function jsonField(json: Json, ...path: readonly string[]): Json {
  let at = json
  for (const name of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Readonly<Record<string, Json>>)[name]
  }
  return at
}

/** A text at a path of names; `null` for anything else. */
export function jsonText(json: Json, ...path: readonly string[]): string | null {
  const value = jsonField(json, ...path)
  return typeof value === "string" ? value : null
}
