import { type Reporter, type TestModule } from "vitest/node"

/** Ends every run with the line `N passed, N failed` (and `N skipped`), for people and for scripts alike. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state]++
      // A file that could not be loaded has no tests that could have failed.
      const isBroken = module.state() === "failed" && module.errors().length > 0
      if (isBroken) counts.failed++
    }
    const skipped = counts.skipped + counts.pending
    const tail = skipped === 0 ? "" : `, ${skipped} skipped`
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${tail}\n`)
  }
}
