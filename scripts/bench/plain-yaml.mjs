// How many YAML files the short way to read them takes; for the others the whole scanner is loaded.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { pathToFileURL } from "node:url"
import { rolldown } from "rolldown"

/**
 * @param {string} project
 * @param {string} folder - the files below it are counted; those that are no valid YAML for sops are left out
 * @returns {Promise<string>} a line for people
 */
export async function plainYaml(project, folder) {
  const place = mkdtempSync(join(tmpdir(), "sotto-bench-yaml-"))
  try {
    const { parseSimple } = await load(project, "plain/simple-nodes", place)
    const { scanYaml } = await load(project, "scan", place)
    const texts = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.ya?ml$/.test(name))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .filter((text) => isTaken(() => scanYaml(text)))
    const plain = texts.filter((text) => parseSimple(text) !== null)
    return `${plain.length} of ${texts.length} YAML files below ${folder} are read line by line; the others need the whole scanner.\n`
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

async function load(project, name, place) {
  const bundled = await rolldown({
    cwd: project,
    input: `src/formats/yaml/${name}.ts`,
    platform: "node",
    tsconfig: false,
  })
  const file = join(place, `${basename(name)}.mjs`)
  await bundled.write({ file, format: "es", codeSplitting: false })
  return import(pathToFileURL(file).href)
}

function isTaken(scan) {
  try {
    scan()
    return true
  } catch {
    return false
  }
}
