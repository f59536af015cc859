import { defineConfig } from "vitest/config"

/** `npm run fuzz`: FUZZ_SECONDS says for how long, 30 when it is not set. */
export default defineConfig({
  test: {
    include: ["test/fuzz/**/*.test.ts"],
    globalSetup: "./test/temporary-folder.ts",
    reporters: ["default", "./test/closing-line.ts"],
    testTimeout: 0,
    fileParallelism: false,
  },
})
