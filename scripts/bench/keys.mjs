// What keys cost: services that hang or are slow, and many files at once. The services are played by this process, so
// the peers run beside it.
import { execFile } from "node:child_process"
import { createServer } from "node:http"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const slowMs = 3000
const account = "arn:aws:kms:eu-west-1:123456789012:key"
const keys = {
  hangs: `${account}/hangs`,
  slow: `${account}/slow`,
  quick: `${account}/quick`,
  other: `${account}/other`,
}

/**
 * @param {{ program: string, sops: string, isQuick: boolean }} peers - `sops` is empty where there is none
 * @returns {Promise<string>} a table
 */
export async function benchKeys({ program, sops, isQuick }) {
  const root = mkdtempSync(join(tmpdir(), "sotto-bench-keys-"))
  const service = await playService()
  try {
    const place = await prepare({ root, program, origin: service.origin })
    const rows = [
      ...(await services({ place, service, program, sops, isQuick })),
      ...(await folders({ place, program, sops, isQuick })),
    ]
    return table([["seconds", "sotto", "sops"], ...rows])
  } finally {
    service.close()
    rmSync(root, { recursive: true, force: true })
  }
}

/** AWS KMS as far as its wire goes. What it wraps it does not seal: only time counts here. */
async function playService() {
  const state = { isSlow: false, hangs: false }
  const server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const { KeyId, Plaintext, CiphertextBlob } = JSON.parse(Buffer.concat(chunks).toString("utf8"))
    const name = KeyId.split("/").at(-1)
    if (state.hangs && name === "hangs") return
    const answer = Plaintext === undefined ? { KeyId, Plaintext: CiphertextBlob } : { KeyId, CiphertextBlob: Plaintext }
    const send = () =>
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer))
    if (state.isSlow) setTimeout(send, slowMs)
    else send()
  })
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { state, origin: `http://127.0.0.1:${server.address().port}`, close }
}

async function prepare({ root, program, origin }) {
  const home = join(root, "home")
  mkdirSync(home)
  const keyFile = join(home, "key.txt")
  await run([process.execPath, program, "keygen", "--output", keyFile], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: home },
  })
  const [recipient] = /age1[a-z0-9]+/.exec(readFileSync(keyFile, "utf8"))
  const aws = {
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ENDPOINT_URL_KMS: origin,
  }
  const env = { PATH: process.env.PATH, HOME: home, TMPDIR: root, SOPS_AGE_KEY_FILE: keyFile, ...aws }
  return { root, env, recipient }
}

async function services({ place: { root, env, recipient }, service, program, sops, isQuick }) {
  const sotto = [process.execPath, program]
  const rules = (text) => writeFileSync(join(root, ".sops.yaml"), text)
  const seal = async (name) => {
    writeFileSync(join(root, name), "a: one\nb: two\n")
    await run([...sotto, "encrypt", "-i", name], { cwd: root, env })
  }
  const three = `${keys.hangs},${keys.quick},${keys.other}`
  rules(`creation_rules:\n  - age: ${recipient}\n`)
  await seal("age.yaml")
  rules(`creation_rules:\n  - age: ${recipient}\n    kms: "${three}"\n`)
  await seal("many.yaml")
  rules(
    `creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - kms: [{arn: "${keys.slow}"}]\n      - kms: [{arn: "${keys.other}"}]\n`,
  )
  await seal("groups.yaml")

  const withoutAge = { ...env, SOPS_AGE_KEY_FILE: join(root, "nothing.txt") }
  const measure = async (name, file, { own = env, isForSops = true, tries = 3 } = {}) => {
    const times = async (command) => best(await repeated(tries, () => timed(command, { cwd: root, env: own })))
    const ours = await times([...sotto, "decrypt", file])
    const theirs = sops === "" || !isForSops ? undefined : await times([sops, "decrypt", file])
    return [name, seconds(ours), seconds(theirs)]
  }
  service.state.hangs = true
  const rows = [
    await measure("open with 1 age recipient", "age.yaml"),
    await measure("open with 1 age and 3 KMS recipients, the first of which hangs", "many.yaml"),
    // Real sops waits for minutes.
    await measure("the same without the age identity", "many.yaml", { own: withoutAge, isForSops: false }),
  ]
  service.state.isSlow = true
  rows.push(
    await measure(`open with 2 groups on a service that needs ${slowMs / 1000} s`, "groups.yaml", {
      own: withoutAge,
      tries: isQuick ? 1 : 3,
    }),
  )
  service.state.isSlow = false
  service.state.hangs = false
  return rows
}

async function folders({ place: { root, env, recipient }, program, sops, isQuick }) {
  const count = isQuick ? 100 : 1000
  const sotto = [process.execPath, program]
  const folder = join(root, "files")
  mkdirSync(folder)
  const names = Array.from({ length: count }, (_, index) => `${index}.yaml`)
  for (const name of names) writeFileSync(join(folder, name), `name: ${name}\nsecret: one of many\n`)
  const rules = (at, recipients) => writeFileSync(join(at, ".sops.yaml"), `creation_rules:\n  - age: ${recipients}\n`)
  rules(folder, recipient)
  await run([...sotto, "encrypt", "-i", ...names], { cwd: folder, env })

  const [, other] = /public key: (age1[a-z0-9]+)/i.exec((await run([...sotto, "keygen"], { cwd: root, env })).all)
  const theirs = join(root, "theirs")
  if (sops !== "") cpSync(folder, theirs, { recursive: true })
  const check = await timed([...sotto, "sync", "--check"], { cwd: folder, env })
  for (const at of sops === "" ? [folder] : [folder, theirs]) rules(at, `${recipient},${other}`)
  const sync = await timed([...sotto, "sync", "-y"], { cwd: folder, env })
  const loop = 'for file in *.yaml; do "$0" updatekeys -y "$file" || exit 1; done'
  const looped = sops === "" ? undefined : await timed(["sh", "-c", loop, sops], { cwd: theirs, env })
  return [
    [`sync --check over ${count} files`, seconds(check), seconds(undefined)],
    [`sync of ${count} files with one age key; sops: a shell loop of updatekeys -y`, seconds(sync), seconds(looped)],
  ]
}

function run([command, ...args], { cwd, env }) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error === null) resolve({ all: stdout + stderr })
      else reject(new Error(`${args.join(" ").slice(0, 200)} failed: ${stderr.slice(-1000)}`))
    })
  })
}

async function timed(command, place) {
  const start = performance.now()
  await run(command, place)
  return performance.now() - start
}

async function repeated(count, work) {
  const results = []
  for (let index = 0; index < count; index++) results.push(await work())
  return results
}

/** Waiting is what is measured: the least of it says how much is needed. */
function best(times) {
  return Math.min(...times)
}

function seconds(ms) {
  return ms === undefined ? "-" : (ms / 1000).toFixed(2)
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = (row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join("  ")
  return rows.map((row) => `${line(row)}\n`).join("")
}
