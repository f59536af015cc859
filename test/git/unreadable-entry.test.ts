import { expect, test } from "vitest"
import { recipient, repository, type Repository } from "./repository.ts"

const secretKey = "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQS5CANARY"

/** A value of its own for each branch, and an entry that does not parse on `theirs`, as commits. */
async function apart(damage: string): Promise<Repository> {
  const own = repository()
  own.withIdentity()
  own.write("f.yaml", "a: first\n")
  expect(await own.sotto("encrypt", "-i", "--age", recipient, "f.yaml")).toMatchObject({ status: 0 })
  own.commitAll("base")
  own.git("branch", "theirs")
  expect(await own.sotto("set", "--string", "f.yaml", "a", "ours")).toMatchObject({ status: 0 })
  own.commitAll("ours")
  own.git("checkout", "--quiet", "theirs")
  expect(await own.sotto("set", "--string", "f.yaml", "a", "theirs")).toMatchObject({ status: 0 })
  own.write("f.yaml", own.read("f.yaml").toString("utf8").replace(recipient, damage))
  own.commitAll("theirs")
  return own
}

test.each([`${recipient.slice(0, -1)}q`, "bob", secretKey])(
  "an entry that does not parse is named by its place where versions are compared: %s",
  async (damage) => {
    const own = await apart(damage)
    const range = ["HEAD~1", "HEAD"]
    const said = [await own.sotto("diff", ...range), await own.sotto("diff", "--json", ...range)]
    said.push(await own.sotto("diff", "HEAD", "HEAD~1"), await own.sotto("check", "--range", "HEAD~1..HEAD"))
    own.git("checkout", "--quiet", "-")
    expect(own.tryGit("merge", "--quiet", "theirs").status).not.toBe(0)
    said.push(await own.sotto("resolve", "--ours"), await own.sotto("resolve", "--ours", "--metadata", "theirs"))
    for (const { stdout, stderr } of said) {
      const text = stdout.toString("utf8") + stderr
      expect(text).toMatch(/unreadable entry (1 )?\(age\)/)
      expect(text).not.toContain(damage)
    }
  },
)
