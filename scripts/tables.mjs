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
    "cli/global-options",
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
    const all = await import(pathToFileURL(outfile).href)
    return { ...all, variables: withKinds(all) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Variables that name recipients belong to their kinds; on paper they follow the one that names the config. */
function withKinds({ variables: { SOPS_CONFIG, ...others }, kinds }) {
  const named = kinds
    .filter(({ option }) => option.variable !== undefined)
    .map(({ option: { variable, things, flag } }) => {
      const use = `${things} of a new file, comma-separated, as \`--${flag}\``
      return [variable, { subject: "recipients", use, face: "both" }]
    })
  return { SOPS_CONFIG, ...Object.fromEntries(named), ...others }
}
