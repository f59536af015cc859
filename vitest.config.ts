import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/fuzz/**"],
    globalSetup: "./test/temporary-folder.ts",
    // By default one core is left alone, which on a machine of two is half of it.
    maxWorkers: "100%",
    reporters: ["default", "./test/closing-line.ts"],
    // Only to end what hangs: some tests start twenty processes, and a busy machine takes seconds for each.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
