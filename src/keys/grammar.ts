// No character class of these grammars holds "%", "?", "#", "@", a blank or a control character, and no segment may be
// "." or "..": the texts become parts of URLs and of requests that carry the user's credentials (security rule S5).

export const hostName =
  /^([A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){0,20}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$/

export const control = /[\p{C}\p{Zl}\p{Zp}]/u

export function hasOddSegment(text: string): boolean {
  return text
    .split("/")
    .slice(1)
    .some((segment) => segment === "" || segment === "." || segment === "..")
}

export function withoutSlash(text: string): string {
  return text.endsWith("/") ? text.slice(0, -1) : text
}
