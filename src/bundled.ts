/** Set by the build. */
declare const buildCommit: string | undefined

/** The commit that the program was built from; `null` when it runs from its sources, or from no repository. */
export const commit: string | null = typeof buildCommit === "string" ? buildCommit : null

/** A package whose code is part of the program. */
interface Bundled {
  readonly name: string
  readonly version: string
  readonly licence: string
}

/** The build puts the packages here: `NAME VERSION LICENCE` each, which only it can know. */
const list = "@packages@"

export function bundledPackages(): Bundled[] {
  return list
    .split(";")
    .map((entry) => entry.split(" "))
    .flatMap(([name = "", version, ...licence]) =>
      version === undefined ? [] : [{ name, version, licence: licence.join(" ") }],
    )
}
