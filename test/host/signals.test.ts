import { EventEmitter } from "node:events"
import { describe, expect, test } from "vitest"
import { type SignalSource, realSignals } from "../../src/host/signals.ts"

class Process extends EventEmitter implements SignalSource {
  readonly pid = 42
  readonly platform = "linux"
  readonly done: string[] = []

  kill(pid: number, signal: NodeJS.Signals): void {
    this.done.push(`kill ${pid} ${signal}`)
  }

  exit(status: number): never {
    this.done.push(`exit ${status}`)
    throw new Error("exited")
  }

  send(signal: NodeJS.Signals): void {
    try {
      this.emit(signal, signal)
    } catch {
      // It has ended.
    }
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(() => setImmediate(resolve)))
  })
}

describe("signals", () => {
  test("duties are done in reverse, each once, and then the signal has its way", () => {
    const source = new Process()
    const signals = realSignals(source, () => 2)
    signals.onEnd(() => source.done.push("first"))
    signals.onEnd(() => {
      throw new Error("a duty that fails")
    })
    signals.onEnd(() => source.done.push("last"))
    source.send("SIGINT")
    source.emit("exit")
    expect(source.done).toEqual(["last", "first", "kill 42 SIGINT", "exit 130"])
    expect(source.eventNames()).toEqual(["exit"])
  })

  test("at a normal exit duties are done too", () => {
    const source = new Process()
    realSignals(source, () => 2).onEnd(() => source.done.push("undone"))
    source.emit("exit")
    expect(source.done).toEqual(["undone"])
  })

  test("a taker hears its signals and nothing ends; the last one wins", () => {
    const source = new Process()
    const signals = realSignals(source, () => 15)
    signals.onEnd(() => source.done.push("undone"))
    const first = signals.take(["SIGTERM", "SIGUSR1"], (signal) => source.done.push(`first ${signal}`))
    const last = signals.take(["SIGTERM"], (signal) => source.done.push(`last ${signal}`))
    source.send("SIGTERM")
    source.send("SIGUSR1")
    last()
    source.send("SIGTERM")
    first()
    source.send("SIGUSR1")
    expect(source.done).toEqual(["last SIGTERM", "first SIGUSR1", "first SIGTERM"])
    source.send("SIGTERM")
    expect(source.done.slice(3)).toEqual(["undone", "kill 42 SIGTERM", "exit 143"])
  })

  test("nobody listens when nothing is to be done, but not before what is under way was heard", async () => {
    const source = new Process()
    const signals = realSignals(source, () => 1)
    const release = signals.onEnd(() => source.done.push("undone"))
    release()
    expect(source.listenerCount("SIGHUP")).toBe(1)
    const again = signals.onEnd(() => {})
    await settled()
    expect(source.listenerCount("SIGHUP")).toBe(1)
    again()
    await settled()
    expect(source.eventNames()).toEqual([])
    const taken = signals.take(["SIGUSR1"], () => {})
    await settled()
    expect(source.eventNames()).toEqual(["SIGUSR1"])
    taken()
    await settled()
    expect(source.eventNames()).toEqual([])
    expect(source.done).toEqual([])
  })
})
