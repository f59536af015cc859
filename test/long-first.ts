import { relative } from "node:path"
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { root } from "./sources.ts"

/**
 * Short files that take long, since they start programs or try many faults. Without a memory of former runs the order is
 * that of the sizes of files, and one of these alone at the end leaves all cores but one without work.
 */
const long =
  /^test\/(walks|scripts|callers|faults|golden|publish|git)\/|^test\/(laws|security)\/(set-values|yaml-suite|shown-values)|^test\/.*\/(adding-a-|generated|key-life|program|work-meter)/

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => long.test(relative(root, moduleId))
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
