import { expect, test } from "vitest"
import { mergeRepository } from "./merging.ts"

// What neither the MAC nor its date needs to change for: stock takes types and comments out of it.
test.each([
  ["x.yaml", "a: 1\nb: 2\n", 'a: "1"\nb: 2\n', "a: 1\nb: 3\n"],
  ["x.yaml", "a: true\nb: 2\n", 'a: "true"\nb: 2\n', "a: true\nb: 3\n"],
  ["x.yaml", "# one\na: 1\nb: 2\n", "# two\na: 1\nb: 2\n", "# one\na: 1\nb: 3\n"],
  ["x.yaml", "a: 1\nb: 2\n", "# new\na: 1\nb: 2\n", "a: 1\nb: 3\n"],
  ["x.yaml", "# one\na: 1\nb: 2\n", "a: 1\nb: 2\n", "# one\na: 1\nb: 3\n"],
  ["x.json", '{"a": 1, "b": 2}\n', '{"a": "1", "b": 2}\n', '{"a": 1, "b": 3}\n'],
  ["x.ini", "[s]\n; one\na = 1\nb = 2\n", "[s]\n; two\na = 1\nb = 2\n", "[s]\n; one\na = 1\nb = 3\n"],
  ["x.env", "# one\nA=1\nB=2\n", "# two\nA=1\nB=2\n", "# one\nA=1\nB=3\n"],
])("a merge by key of %s, %j with %j, does not look like one by text", async (name, text, theirs, ours) => {
  const own = await mergeRepository()
  const path = `secrets/${name}`
  await own.seal(path, text)
  const base = own.commitAll("base")
  const metadata = (): string[] =>
    own
      .read(path)
      .toString()
      .match(/(?:mac|lastmodified)["=: ].*/g)!
  await own.branch("theirs", base, () => own.change(path, theirs))
  await own.branch("ours", base, () => own.change(path, ours))
  const before = metadata()
  own.git("merge", "--quiet", "--no-edit", "theirs")
  expect(own.read(path).toString()).toContain("ENC[")
  expect(metadata()).not.toEqual(before)
  for (const args of [["check"], ["check", "--range", "HEAD~1..HEAD"]]) {
    const { stdout, status } = await own.sotto(...args, "--json")
    const { findings } = JSON.parse(stdout.toString()) as { findings: readonly { code: string }[] }
    expect([status, findings.filter(({ code }) => code === "MAC_SUSPECT")]).toEqual([0, []])
  }
  expect((await own.sotto("git", "hook", "post-merge", "0")).stderr).not.toContain("merged as text")
})
