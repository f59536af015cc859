// Runs peers in turn, so that a busy moment of the machine hits all of them, and keeps time and peak memory of each run.
import { spawn } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"

/**
 * @param {{ name: string, command: (round: number) => string[], before?: (round: number) => void }[]} peers
 * @param {{ rounds: number, cwd: string, env: object, watchesMemory?: boolean }} options
 * @returns results by the name of the peer: times in milliseconds, memory in megabytes
 */
export async function measure(peers, { rounds, cwd, env, watchesMemory = false }) {
  const results = Object.fromEntries(peers.map(({ name }) => [name, { times: [], memory: [] }]))
  // The first round warms caches of files and of compiled code, and does not count.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, command, before } of peers) {
      before?.(round)
      const { ms, mb } = await run(command(round), { cwd, env, watchesMemory })
      if (round === 0 && rounds > 1) continue
      results[name].times.push(ms)
      results[name].memory.push(mb)
    }
    if (rounds === 1) break
  }
  return Object.fromEntries(Object.entries(results).map(([name, { times, memory }]) => [name, summary(times, memory)]))
}

function summary(times, memory) {
  return { ms: median(times), min: Math.min(...times), max: Math.max(...times), runs: times.length, mb: median(memory) }
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

/** Output goes nowhere: a pipe would measure its reader too. */
export function run([program, ...args], { cwd, env, watchesMemory = false, input = "/dev/null" }) {
  return new Promise((resolve, reject) => {
    const stdin = openSync(input, "r")
    const start = performance.now()
    const child = spawn(program, args, { cwd, env, stdio: [stdin, "ignore", "pipe"] })
    let errors = ""
    let mb = 0
    child.stderr.on("data", (chunk) => (errors += chunk))
    const timer = watchesMemory ? setInterval(() => (mb = Math.max(mb, peakMemory(child.pid))), 5) : undefined
    child.on("error", reject)
    child.on("exit", (status, signal) => {
      const ms = performance.now() - start
      clearInterval(timer)
      closeSync(stdin)
      if (status === 0 || status === 200) resolve({ ms, mb })
      else reject(new Error(`${[program, ...args].join(" ").slice(0, 300)} ended with ${signal ?? status}: ${errors}`))
    })
  })
}

/** The kernel's own high-water mark, so that no peak between two looks is lost; the last milliseconds may be. */
function peakMemory(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
