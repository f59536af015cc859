// What the generated pages and the manual are made of.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { build } from "esbuild"

/**
 * The tables of src/, which are TypeScript, as one module: commands, options, errors, variables. The use cases are not
 * needed and not loaded.
 *
 * @param {string} root - of the project
 */
export async function tables(root) {
  const folder = mkdtempSync(join(tmpdir(), "sotto-docs-"))
  const outfile = join(folder, "tables.mjs")
  const exports = [
    "cli/commands",
    "cli/spelling",
    "cli/option-groups",
    "cli/spec",
    "errors/catalog",
    "config/environment",
    "keys/kinds",
  ]
  const contents = exports.map((file) => `export * from "./src/${file}.ts"`).join("\n")
  const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: false } }
  await build({
    stdin: { contents, resolveDir: root },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["../../app/*"],
    tsconfigRaw,
  })
  try {
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
