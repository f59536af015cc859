import { describe, expect, test } from "vitest"
import { withName, withoutName } from "../../src/config/edit-sopsrc.ts"
import { AppError } from "../../src/errors/app-error.ts"

const key = "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw"

/** What stands around the places that are edited: none of it may change. */
const head = `version: 1
# who we are
recipients:
  anna: age1a    # on holiday
`

function codeOf(work: () => string): string {
  try {
    return work()
  } catch (error) {
    if (error instanceof AppError) return `${error.code}: ${error.message}`
    throw error
  }
}

describe("a name leaves", () => {
  const cases = [
    {
      name: "its own entry with its comment, and flow lists",
      before: `${head}  # bob is new\n  bob: age1b\nrules:\n  - {path: "a/*", recipients: [bob, anna]}   # all\n`,
      after: `${head}rules:\n  - {path: "a/*", recipients: [anna]}   # all\n`,
    },
    {
      name: "a person with several keys",
      before: `${head}  bob:\n    - age1b\n    - age1c\n  carl: age1d\nrules:\n  - recipients:\n      - anna\n      - bob\n`,
      after: `${head}  carl: age1d\nrules:\n  - recipients:\n      - anna\n`,
    },
    {
      name: "groups of both sections, and key groups",
      before: `${head}  bob: age1b\n  ops: [anna, bob]\ngroups:\n  dev:   [ bob, anna ]\nrules:\n  - threshold: 2\n    key_groups:\n      - [anna, bob]\n      - [bob, ops]\n`,
      after: `${head}  ops: [anna]\ngroups:\n  dev:   [ anna ]\nrules:\n  - threshold: 2\n    key_groups:\n      - [anna]\n      - [ops]\n`,
    },
    {
      name: "a name that stands twice in a list, and CRLF",
      before: `${head}  bob: age1b\nrules:\n  - recipients: [bob, anna, bob]\n`.replaceAll("\n", "\r\n"),
      after: `${head}rules:\n  - recipients: [anna]\n`.replaceAll("\n", "\r\n"),
    },
    {
      name: "a list that other rules share by an alias",
      before: `${head}  bob: age1b\nrules:\n  - path: "a/*"\n    recipients: &team [anna, bob]\n  - recipients: *team\n`,
      after: `${head}rules:\n  - path: "a/*"\n    recipients: &team [anna]\n  - recipients: *team\n`,
    },
    {
      name: "nobody of that name",
      before: `${head}rules:\n  - recipients: anna\n`,
      after: `${head}rules:\n  - recipients: anna\n`,
    },
  ]
  test.each(cases)("$name", ({ before, after }) => expect(withoutName(before, "bob")).toBe(after))

  const refused = [
    { name: "a rule for nobody else", text: `${head}  bob: age1b\nrules:\n  - recipients: bob\n`, says: "NAME_IN_USE" },
    {
      name: "a list with nobody else",
      text: `${head}  bob: age1b\nrules:\n  - recipients: [bob]\n`,
      says: "NAME_IN_USE",
    },
    {
      name: "a group with nobody else",
      text: `${head}  bob: age1b\ngroups:\n  dev: [bob]\nrules: []\n`,
      says: "NAME_IN_USE",
    },
    {
      name: "a key group with nobody else",
      text: `${head}  bob: age1b\nrules:\n  - key_groups: [[anna], [bob]]\n`,
      says: "NAME_IN_USE",
    },
    {
      name: "a rule that is merged in",
      text: `${head}  bob: age1b\nx: &r {recipients: [anna, bob]}\nrules:\n  - {<<: *r, path: a}\n`,
      says: "CONFIG_BY_HAND",
    },
  ]
  test.each(refused)("refused: $name", ({ text, says }) => {
    expect(codeOf(() => withoutName(text, "bob"))).toContain(says)
  })
})

describe("a name comes", () => {
  const rules = `rules:\n  # the first\n  - path: "a/*"\n    recipients: [ anna ]   # so far\n  - recipients:\n      - anna   # alone\n`
  const cases = [
    {
      name: "to all rules",
      before: head + rules,
      after: `${head}  bob: ${key}\nrules:\n  # the first\n  - path: "a/*"\n    recipients: [ anna, bob ]   # so far\n  - recipients:\n      - anna   # alone\n      - bob\n`,
      rules: null,
    },
    {
      name: "to the second rule",
      before: head + rules,
      after: `${head}  bob: ${key}\n${rules}      - bob\n`,
      rules: [1],
    },
    {
      name: "in place of a single name",
      before: `${head}rules:\n  - recipients: anna   # alone\n    path: a\n`,
      after: `${head}  bob: ${key}\nrules:\n  - recipients:   # alone\n      - anna\n      - bob\n    path: a\n`,
      rules: null,
    },
    {
      name: "with another key",
      before: `${head}  bob: age1b\nrules:\n  - recipients: [anna, bob]\n`,
      after: `${head}  bob:\n    - age1b\n    - ${key}\nrules:\n  - recipients: [anna, bob]\n`,
      rules: null,
    },
    {
      name: "who is there already",
      before: `${head}  bob: ${key}\nrules:\n  - recipients: [anna, bob]\n`,
      after: `${head}  bob: ${key}\nrules:\n  - recipients: [anna, bob]\n`,
      rules: null,
    },
    {
      name: "to a rule without recipients",
      before: `${head}rules:\n  - path: a\n`,
      after: `${head}  bob: ${key}\nrules:\n  - path: a\n    recipients: bob\n`,
      rules: null,
    },
  ]
  test.each(cases)("$name", ({ before, after, rules: chosen }) => {
    expect(withName(before, { name: "bob", recipient: key, rules: chosen })).toBe(after)
  })

  test("an SSH key is quoted where it has to be", () => {
    const recipient = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN a: b #c"
    const text = withName(`${head}rules:\n  - recipients: anna\n`, { name: "bob", recipient, rules: [0] })
    expect(text).toContain(`  bob: '${recipient}'`)
  })

  const refused = [
    { name: "key groups", text: `${head}rules:\n  - key_groups: [[anna]]\n`, says: "key groups" },
    { name: "no rules", text: head, says: "no `rules`" },
    {
      name: "an entry that is a mapping",
      text: `${head}  bob: {kms: x}\nrules:\n  - recipients: anna\n`,
      says: "mapping",
    },
  ]
  test.each(refused)("refused: $name", ({ text, says }) => {
    expect(codeOf(() => withName(text, { name: "bob", recipient: key, rules: null }))).toContain(says)
  })
})
