// What a build contains besides our own code: its licences, and its inventory for scanners (CycloneDX).
import { readFileSync, readdirSync } from "node:fs"
import { join, relative, sep } from "node:path"

/**
 * @param {{ modules: object }[]} chunks - of the bundler
 * @returns the packages whose code is in them, by name and then version
 */
export function packagesOf(chunks, root) {
  const folders = new Set()
  for (const { modules } of chunks) {
    for (const [id, { renderedLength }] of Object.entries(modules)) {
      const path = relative(root, id.replaceAll("\0", "")).split(sep).join("/")
      const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]
      if (folder !== undefined && renderedLength > 0) folders.add(folder)
    }
  }
  const locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages
  return [...folders].toSorted().map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
    const text = licenceText(join(root, folder), license, root)
    if (text === undefined) throw new Error(`${name} has no licence text`)
    const by = typeof author === "string" ? author : author?.name
    return { name, version, licence: license, text: text.trim(), author: by, integrity: locked[folder]?.integrity }
  })
}

// Some packages have their licence in the last part of their README, and some name it only: Apache's is ours too.
function licenceText(folder, licence, root) {
  const entries = readdirSync(folder)
  const read = (pattern) => {
    const file = entries.find((entry) => pattern.test(entry))
    return file === undefined ? undefined : readFileSync(join(folder, file), "utf8")
  }
  const ownFile = read(/^(licen[sc]e|copying|unlicense)/i)
  if (ownFile !== undefined) return ownFile
  const apache = () => readFileSync(join(root, "LICENSE"), "utf8")
  if (licence === "Apache-2.0") return apache()
  if (licence === "(Apache-2.0 AND BSD-3-Clause)") {
    // The other one is at the head of the file that it is for.
    const lines = readFileSync(join(folder, "dist/esm/wire/varint.js"), "utf8").split("\n")
    const head = lines
      .slice(
        0,
        lines.findIndex((line) => !line.startsWith("//")),
      )
      .map((line) => line.slice(3))
    return head.some((line) => line.startsWith("Redistribution")) ? `${apache()}\n\n${head.join("\n")}` : undefined
  }
  return /^(?:#+ *licen[sc]e|licen[sc]e\n-+)\n([^]*)/im.exec(read(/^readme/i) ?? "")?.[1]
}

export function notices(packages) {
  const texts = packages.map(({ name, version, licence, author, text }) => {
    const head = [`${name} ${version}`, `Licence: ${licence}`, ...(author === undefined ? [] : [`Author: ${author}`])]
    return `${head.join("\n")}\n\n${text}\n`
  })
  const intro = "sotto contains the following packages. Each stands under its own licence.\n"
  return [intro, ...texts].join(`\n${"-".repeat(80)}\n\n`)
}

/** The same build gives the same file: it holds no date and no random number. */
export function inventory({ name, version, license, description }, packages) {
  const component = (part) => ({
    type: "library",
    "bom-ref": `pkg:npm/${part.name.replace("@", "%40")}@${part.version}`,
    name: part.name,
    version: part.version,
    purl: `pkg:npm/${part.name.replace("@", "%40")}@${part.version}`,
    licenses: [/^[\w.+-]+$/.test(part.licence) ? { license: { id: part.licence } } : { expression: part.licence }],
    ...(part.integrity?.startsWith("sha512-") && {
      hashes: [{ alg: "SHA-512", content: Buffer.from(part.integrity.slice(7), "base64").toString("hex") }],
    }),
  })
  const own = { type: "application", "bom-ref": `pkg:npm/${name}@${version}`, name, version, description }
  const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { ...own, purl: `pkg:npm/${name}@${version}`, licenses: [{ license: { id: license } }] } },
    components: packages.map(component),
    dependencies: [{ ref: own["bom-ref"], dependsOn: packages.map((part) => component(part)["bom-ref"]) }],
  }
  return `${JSON.stringify(bom, null, 2)}\n`
}
