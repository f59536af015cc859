import { defineConfig } from "vitest/config"
import { LongFirst } from "./test/long-first.ts"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/fuzz/**"],
    globalSetup: "./test/temporary-folder.ts",
    // By default one core is left alone, which on a machine of two is half of it.
    maxWorkers: "100%",
    // A worker loads the sources once, for all its files: nothing in them keeps a state of the process, and a test that
    // changes one puts it back.
    isolate: false,
    sequence: { sequencer: LongFirst },
    reporters: ["default", "./test/closing-line.ts"],
    // Only to end what hangs: some tests start twenty processes, and a busy machine takes seconds for each.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
