import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/fuzz/**"],
    globalSetup: "./test/temporary-folder.ts",
    reporters: ["default", "./test/closing-line.ts"],
    // Only to end what hangs: some tests start twenty processes, and a busy machine takes seconds for each.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
