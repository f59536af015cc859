import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createConnection } from "node:net"
import { constants } from "node:os"
import { inspect } from "node:util"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { runChild, startInBackground } from "../../src/host/child.ts"
import { spawnEnvironment, withoutIdentities } from "../../src/host/child-environment.ts"
import { machine, tempFolder } from "./machine.ts"
import { bundled, node, start } from "./script.ts"

const run = bundled(new URL("scripts/run.ts", import.meta.url))
const noEnv = new Map<string, string>()
const ignore = { stdio: "ignore", signals: "leave" } as const

/** A child that says which signals it got, and ends with 7 when it gets SIGTERM. */
const listener = `
  const seen = []
  for (const name of ["SIGINT","SIGHUP","SIGQUIT","SIGUSR1","SIGUSR2","SIGALRM","SIGWINCH","SIGCONT","SIGIO"]) {
    process.on(name, () => { console.log("got " + name) })
  }
  process.on("SIGTERM", () => { console.log("got SIGTERM"); process.exit(7) })
  setInterval(() => {}, 1000)
  console.log("ready " + process.pid)
`

/** The system ignores SIGTSTP in a process group that no shell of its session watches over, as under some CI runners. */
const canBeStopped = await (async () => {
  const probe = spawn("sleep", ["5"], { stdio: "ignore" })
  await new Promise((resolve) => probe.once("spawn", resolve))
  probe.kill("SIGTSTP")
  await new Promise((resolve) => setTimeout(resolve, 300))
  const isStopped = stateOf(probe.pid!) === "T"
  probe.kill("SIGKILL")
  return isStopped
})()

describe("signals", () => {
  test("every one that can be caught reaches the child, and its status is ours", async () => {
    const { child, ended, said } = start(node, [run, node, "-e", listener])
    await said("ready")
    for (const signal of ["SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGIO"] as const) {
      child.kill(signal)
      await said(`got ${signal}`)
    }
    // It has to be there before SIGTERM is sent: on a busy machine the child would be gone without having said it.
    child.kill("SIGINT")
    await said("got SIGINT", 2)
    child.kill("SIGTERM")
    const end = await ended
    expect(end.status).toBe(7)
    expect(end.stdout.match(/got SIGINT/g)).toHaveLength(2)
    expect(end.stderr).toBe("interrupted by SIGTERM\n")
  })

  test.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"] as const)(
    "a child that dies of %s: 128 and its number",
    async (signal) => {
      const { child, ended, said } = start(node, [run, "/bin/sh", "-c", "echo ready; exec sleep 60"])
      await said("ready")
      if (signal !== "SIGKILL") child.kill(signal)
      else process.kill(childOf(child.pid!), signal)
      expect((await ended).status).toBe(128 + constants.signals[signal])
    },
  )

  test("no zombie and no orphan is left", async () => {
    const { child, ended, said } = start(node, [run, node, "-e", listener])
    await said("ready")
    const pid = childOf(child.pid!)
    child.kill("SIGTERM")
    await ended
    expect(() => process.kill(pid, 0)).toThrow("ESRCH")
  })

  test.skipIf(!canBeStopped)(
    "SIGTSTP stops the child, SIGCONT wakes it (skipped where no shell watches over us)",
    async () => {
      const { child, ended, said } = start(node, [run, node, "-e", listener])
      await said("ready")
      const pid = childOf(child.pid!)
      child.kill("SIGTSTP")
      await until(() => stateOf(pid) === "T")
      child.kill("SIGCONT")
      await said("got SIGCONT")
      child.kill("SIGTERM")
      expect((await ended).status).toBe(7)
    },
  )

  test("S12: SIGUSR1 at any time opens no inspector", async () => {
    const { child, ended, said } = start(node, [run, "/bin/sh", "-c", "trap '' USR1; echo ready; sleep 0.3"])
    let isOver = false
    void ended.then(() => {
      isOver = true
    })
    // A process that has not come to its first statement yet cannot be protected by it.
    await said("ready")
    while (!isOver) {
      child.kill("SIGUSR1")
      expect(await isListening(9229)).toBe(false)
    }
    expect(await ended).toMatchObject({ status: 0, stderr: "" })
  })
})

describe("S12: an inspector that a signal opened while Node was starting", () => {
  // The signal comes before our first statement, and Node answers it some time after that.
  const portOf = /Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)\//g

  test("is closed again", async () => {
    const preload = join(tempFolder(), "preload.cjs")
    writeFileSync(preload, 'process.kill(process.pid, "SIGUSR1")\n')
    const args = ["--inspect-port=0", "--require", preload, run, "/bin/sh", "-c", "echo ready; exec sleep 60"]
    const { child, ended, said, stderr } = start(node, args)
    await said("ready")
    const ports = [...stderr().matchAll(portOf)].map(([, port]) => Number(port))
    expect(ports.length).toBeGreaterThan(0)
    for (const port of ports) await until(async () => !(await isListening(port)))
    child.kill("SIGTERM")
    await ended
  })

  test("stays with `node --inspect`, which means it", async () => {
    const args = ["--inspect=0", run, "/bin/sh", "-c", "echo ready; exec sleep 60"]
    const { child, ended, said, stderr } = start(node, args)
    await said("ready")
    const [found] = stderr().matchAll(portOf)
    expect(await isListening(Number(found?.[1]))).toBe(true)
    child.kill("SIGTERM")
    await ended
  })
})

describe("ends", () => {
  test.each([0, 1, 42, 255])("status %s", async (status) => {
    const order = { program: "/bin/sh", args: ["-c", `exit ${status}`], env: noEnv, ...ignore }
    expect(await runChild(machine(), order)).toEqual({ status, signal: null, interruptedBy: null })
  })

  test.each([
    { name: "no such program", program: "no-such-program", code: "COMMAND_MISSING", exit: 127 },
    { name: "no such path", program: "/no/such", code: "COMMAND_MISSING", exit: 127 },
    { name: "not executable", program: "./text", code: "COMMAND_NOT_EXECUTABLE", exit: 126 },
    { name: "a folder", program: "./folder", code: "COMMAND_NOT_EXECUTABLE", exit: 126 },
    { name: "a zero byte", program: "a\0b", code: "COMMAND_NOT_EXECUTABLE", exit: 126 },
  ])("$name", async ({ program, code, exit }) => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, "text"), "x")
    mkdirSync(join(cwd, "folder"))
    const env = new Map([["PATH", process.env["PATH"] ?? ""]])
    await expect(runChild(machine({ cwd }), { program, args: [], env, ...ignore })).rejects.toMatchObject({
      code,
      exit,
    })
  })

  test("the working folder is gone", async () => {
    const order = { program: "/bin/sh", args: [], env: noEnv, cwd: "/no/such/folder", ...ignore }
    await expect(runChild(machine(), order)).rejects.toMatchObject({
      code: "COMMAND_NOT_EXECUTABLE",
      where: { file: "/no/such/folder" },
    })
  })

  test("too large an environment is told without its text", async () => {
    const env = new Map([["BIG", "canary-7f3a".repeat(1_000_000)]])
    const error: unknown = await runChild(machine(), { program: "/bin/true", args: [], env, ...ignore }).catch(
      (e: unknown) => e,
    )
    expect(error).toMatchObject({ code: "COMMAND_NOT_EXECUTABLE" })
    expect(error).toHaveProperty("hint", "set fewer values, or give the program a file: sotto exec-file")
    expect(inspect(error, { depth: 9 })).not.toContain("canary")
  })

  test("in the background nothing is waited for", async () => {
    const cwd = tempFolder()
    await startInBackground(machine({ cwd }), {
      program: "/bin/sh",
      args: ["-c", "sleep 0.1; >done"],
      env: new Map([["PATH", process.env["PATH"] ?? ""]]),
    })
    await until(() => existsSync(join(cwd, "done")))
    const missing = startInBackground(machine({ cwd }), { program: "/no/such", args: [], env: noEnv })
    await expect(missing).rejects.toMatchObject({ code: "COMMAND_MISSING" })
  })
})

describe("environment", () => {
  test("exactly what was given", async () => {
    const cwd = tempFolder()
    const env = new Map([
      ["A", "1"],
      ["EMPTY", ""],
      ["LINES", "a\nb\n"],
      ["__proto__", "p"],
      ["constructor", "c"],
    ])
    const script = "require('fs').writeFileSync('env', JSON.stringify(Object.entries(process.env)))"
    await runChild(machine({ cwd }), { program: node, args: ["-e", script], env, ...ignore })
    const seen = new Map(JSON.parse(readFileSync(join(cwd, "env"), "utf8")) as [string, string][])
    expect(seen).toEqual(env)
  })

  test.each([
    ["a\0b", "x"],
    ["a=b", "x"],
    ["", "x"],
    ["SECRET", "canary-7f3a\0"],
  ])("%j cannot be passed on", (name, value) => {
    let error: unknown = null
    try {
      spawnEnvironment(new Map([[name, value]]))
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: "ENVIRONMENT_INVALID" })
    expect(inspect(error)).not.toContain("canary")
  })

  test("S11: identities are not inherited", () => {
    const dropped = [
      "SOPS_AGE_KEY",
      "SOPS_AGE_KEY_FILE",
      "SOPS_AGE_KEY_CMD",
      "SOPS_AGE_SSH_PRIVATE_KEY_FILE",
      "SOTTO_X",
    ]
    const kept = ["PATH", "SOPS_AGE_RECIPIENTS", "SOPS_EDITOR", "sotto_x", "MY_SOPS_AGE_KEY"]
    const env = new Map([...dropped, ...kept].map((name) => [name, "x"]))
    expect([...withoutIdentities(env).keys()]).toEqual(kept)
  })
})

/** The first child of a process, as Linux tells it. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0])
}

function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  return stat.slice(stat.lastIndexOf(")") + 2)[0] ?? ""
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10))
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" })
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })
}
