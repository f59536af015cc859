import { runInThisContext } from "node:vm"
import { expect, test } from "vitest"
import { quickCode } from "../../src/launch/quick-code.ts"

const file = new URL("../../scripts/own-functions.mjs", import.meta.url).href
const { withFunctions } = (await import(file)) as { withFunctions: (text: string) => string }

interface Exports {
  readonly result: readonly unknown[]
  readonly $functions: () => { readonly functions: readonly unknown[]; readonly holders: readonly object[] }
}

function run(chunk: string): Exports {
  const exports = Object.create(null) as Exports
  const body = runInThisContext(withFunctions(chunk)) as (exports: object) => void
  body(exports)
  return exports
}

/** Names of what the compiler is told to leave alone. */
function told(chunk: string): string[] {
  const names: string[] = []
  const quick = quickCode(() => (work) => names.push((work as { name: string }).name))
  quick.add(run(chunk))
  expect(names).toEqual([])
  quick.begin()
  return names
}

const chunk = `(function(exports){
  function one(){return inner();function inner(){return 1}}
  const two=()=>2,three=function(){return 3},four={five(){return 5},six:()=>6,seven:7},eight=[8];
  class Nine{#field=9;get ten(){return this.#a()}async#b(){return await this.#a()}#a(){return this.#field}b(){return this.#b()}static c(){return 1}}
  const Ten=class{#x(){return "x"}y(){return this.#x()}};
  exports.result=[one(),two(),three(),four.five(),four.six(),eight[0],new Nine().ten,new Ten().y(),new Nine().b()]
})`

test("a chunk with its functions listed does what it did", async () => {
  const { result } = run(chunk)
  expect(await Promise.all(result)).toEqual([1, 2, 3, 5, 6, 8, 9, "x", 9])
})

test("functions, methods, private ones too, and those in tables are told once work is long", () => {
  const names = told(chunk).toSorted()
  expect(names).toEqual(
    ["$_a", "$_b", "$_x", "Nine", "Ten", "b", "five", "get ten", "one", "six", "three", "two", "y"].toSorted(),
  )
})

test("private methods that a class above or below may have too stay private", () => {
  const { result } = run(`(function(exports){
    class A{#m(){return "a"}get a(){return this.#m()}}
    class B extends A{#m(){return "b"}get b(){return this.#m()}}
    class C{#m=1;get c(){return this.#m}}
    const b=new B();exports.result=[b.a,b.b,new C().c]
  })`)
  expect(result).toEqual(["a", "b", 1])
})

test("a chunk that is loaded later is told at once", () => {
  const names: string[] = []
  const quick = quickCode(() => (work) => names.push((work as { name: string }).name))
  quick.begin()
  quick.add(run(`(function(exports){function late(){} exports.result=[]})`))
  quick.add({})
  expect(names).toEqual(["late"])
})
