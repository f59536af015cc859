import { AppError } from "../errors/app-error.ts"
import { Inherited } from "./path.ts"
import { isEmptyText } from "./scalar.ts"
import { shownPath, type Site } from "./site.ts"

/** One step from the root: a key, any key of a mapping, or any element of a list. */
export type PathStep = KeyStep | { readonly type: "keys" | "elements" }

interface KeyStep {
  readonly type: "key"
  readonly key: string
}

/** A path of a rule's `encrypt` or `clear`; everything below it belongs to it. */
export interface ChosenPath {
  /** As it is in the config. */
  readonly text: string
  readonly steps: readonly PathStep[]
}

/** What a rule means by paths. The selector made from them knows only keys, so it may mean more. */
export interface ChosenPaths {
  /** Seal these values and no others, or all but these. */
  readonly mode: "encrypt" | "clear"
  readonly paths: readonly ChosenPath[]
}

/** How far the paths lead on the way to an entry. */
interface Reached {
  readonly depth: number
  /** Paths that may go on below it. */
  readonly open: readonly ChosenPath[]
  /** Paths that are complete here or above. */
  readonly ended: readonly ChosenPath[]
}

/**
 * Compares what a selector seals with the meaning of the paths that it was made from.
 *
 * @param selected - for each site whether the selector seals it
 * @returns the paths that name nothing in the document
 * @throws {AppError} `SELECTOR_INEXACT` at the first further value that the selector takes, since one of its keys is
 *   also the key of a path
 */
export function checkChosen(
  sites: readonly Site[],
  selected: readonly boolean[],
  { mode, paths }: ChosenPaths,
): readonly ChosenPath[] {
  const used = new Set<ChosenPath>()
  const reached = new Inherited<Reached>(({ key }, above) => {
    if (above === undefined) return { depth: 0, open: paths, ended: [] }
    const depth = above.depth + 1
    const passed = above.open.filter(({ steps }) => isStep(steps[above.depth]!, key))
    const ended = [...above.ended, ...passed.filter(({ steps }) => steps.length === depth)]
    return { depth, open: passed.filter(({ steps }) => steps.length > depth), ended }
  })
  for (const [index, { item, kind, scalar, line }] of sites.entries()) {
    if (kind === "comment") continue
    const { ended } = reached.of(item)
    for (const path of ended) used.add(path)
    const isChosen = ended.length > 0
    const isValue = scalar !== null && !isEmptyText(scalar)
    if (!isValue || selected[index] === (isChosen === (mode === "encrypt"))) continue
    const would = mode === "encrypt" ? "seal this value too" : "leave this value in the clear too"
    throw new AppError(
      "SELECTOR_INEXACT",
      { path: shownPath(item), line },
      { notes: [`the selector that \`${mode}\` stands for would ${would}`] },
    )
  }
  return paths.filter((path) => !used.has(path))
}

function isStep(step: PathStep, key: string | null): boolean {
  switch (step.type) {
    case "key":
      return key === step.key
    case "keys":
      return key !== null
    case "elements":
      return key === null
  }
}
