import { describe, expect, test } from "vitest"
import { isPlaceholder, secretSignOf } from "../../src/app/check/looks-secret.ts"
import { keyMarks } from "../../src/app/check/private-keys.ts"
import { loadProviderFormats, mayHoldProviderKey } from "../../src/app/check/provider-keys.ts"

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".repeat(6)
const part = (count: number): string => letters.slice(0, count)
const upper = "Q3EGRNS4TVBZ7XKD"

// Put together, so that a scanner of this repository does not take them for keys.
const joined = (...parts: readonly string[]): string => parts.join("")

const examples: Readonly<Record<string, string>> = {
  aws: joined("AK", "IA", upper),
  npm: joined("np", "m_", part(36)),
  slack: joined("xox", "b-1234567890-", part(20)),
  github: joined("gh", "p_", part(36)),
  gitlab: joined("glp", "at-", part(20)),
  openai: joined("s", "k-", part(20), "T3Blbk", "FJ", part(20)),
  anthropic: joined("sk-", "ant-api03-", part(93), "AA"),
  huggingface: joined("h", "f_", letters.replaceAll(/\d/g, "").slice(0, 34)),
  sendgrid: joined("S", "G.", part(22), ".", part(43)),
  shopify: joined("shp", "at_", part(32)),
  "hashicorp-vault": joined("hv", "s.", part(95)),
  databricks: joined("da", "pi", "0123456789abcdef".repeat(2)),
  docker: joined("dckr_", "pat_", part(27)),
  figma: joined("fig", "d_", part(40)),
}

describe("keys of services", () => {
  test.each(Object.entries(examples))("%s", async (provider, key) => {
    const formats = await loadProviderFormats()
    const text = `a: 1\nkey = "${key}"\n`
    expect(mayHoldProviderKey(text)).toBe(true)
    expect(formats.find(text, "x.txt")).toEqual({ keys: [{ offset: text.indexOf(key), provider }], isWhole: true })
  })

  test("every format of the package is known here, so that a new one is not passed over", async () => {
    const { rules } = await import("@secretlint/secretlint-rule-preset-recommend")
    const names = rules.map(({ meta }) => meta.id.replace("@secretlint/secretlint-rule-", "")).toSorted()
    expect(names).toEqual(
      [
        "1password anthropic aws basicauth database-connection-string databricks docker figma filter-comments gcp",
        "github gitlab grafana groq hashicorp-vault huggingface linear notion npm openai privatekey sendgrid shopify",
        "slack vercel",
      ].flatMap((line) => line.split(" ")),
    )
  })

  test("an address with a password is no key in a text: tests and examples have them", async () => {
    const formats = await loadProviderFormats()
    expect(formats.find(`url: postgres://app:${upper}@db.example.net/app npm_\n`, "x.txt").keys).toEqual([])
  })

  test("comments that switch the package's rules off count for nothing", async () => {
    const formats = await loadProviderFormats()
    const text = `// secretlint-disable\nkey = "${examples["github"]}"\n`
    expect(formats.find(text, "x.txt").keys).toHaveLength(1)
  })

  test("a text that is nothing but marks takes no longer than its length asks for", async () => {
    const formats = await loadProviderFormats()
    for (const mark of keyMarks) {
      const { keys, isWhole } = formats.find(mark.repeat(20_000), "x.txt")
      // The end of such a text may be spelt as a key.
      expect([keys.length < 2, isWhole]).toEqual([true, true])
    }
    expect(formats.find("SG. ".repeat(1_200_000), "x.txt")).toEqual({ keys: [], isWhole: false })
  })
})

describe("what looks like a secret", () => {
  test.each([
    [["password"], "hunter2", "name"],
    [["db", "dbPassword"], "x1", "name"],
    [["API_KEY"], "abc-def", "name"],
    [["client-secret"], "abc", "name"],
    [["users", 0, "token"], "abc", "name"],
    [["x"], "Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRg8K", "entropy"],
    [["x"], "9f86d081884c7d659a2feaa0c55ad015", "entropy"],
    [["url"], "postgres://app:hunter22@db.example.net:5432/app", "address"],
    [["url"], "https://bob:hunter22@example.net/x", "address"],
    [["cache"], "redis://:hunter22@r:6379", "address"],
    [["args", 1], "--url=mongodb+srv://app:h%40nter@db.example.net/?a=b", "address"],
    [["config"], "first: https://example.net\nsecond: amqp://app:hunter22@q/v\n", "address"],
    [["jdbc"], "jdbc:postgresql://db.example.net/app?user=app&password=hunter22", "address"],
    [["ado"], "Server=db;User Id=app;Password=hunter22;", "address"],
    [["password"], "$uper$ecret9", "name"],
    [["password"], "$ecretPassw0rd", "name"],
    [["password"], "%hunter22%", "name"],
  ] as const)("%j: %s", (path, value, sign) => expect(secretSignOf(path, value)).toBe(sign))

  test.each([
    [["password"], ""],
    [["password"], "changeme"],
    [["password"], "${DB_PASSWORD}"],
    [["password"], "{{ .Values.password }}"],
    [["password"], "$DB_PASSWORD"],
    [["password"], "$password"],
    [["password"], "$(cat /run/secrets/db)"],
    [["password"], "%DB_PASSWORD%"],
    [["password"], "%kernel.secret%"],
    [["url"], "postgres://app:${DB_PASSWORD}@db.example.net/app"],
    [["url"], "postgres://app:$DB_PASSWORD@db.example.net/app"],
    [["url"], "postgres://app:changeme@db.example.net/app"],
    [["url"], "postgres://app:****@db.example.net/app"],
    [["url"], "postgres://app@db.example.net:5432/app"],
    [["url"], "https://example.net:8443/@me"],
    [["url"], "git+ssh://git@example.net/a:b@c"],
    [["ado"], "Server=db;Integrated Security=true;Password=;"],
    [["password"], "<your password>"],
    [["password"], "xxxxxxxx"],
    [["passwordFile"], "hunter2"],
    [["secretName"], "app-tls"],
    [["token_url"], "https://example.net/token"],
    [["secret"], "/run/secrets/db"],
    [["enabled"], "true"],
    [["recipient"], "age1hsp2f0fcctc5mjl4mee92r59q3uymdes2smqptdv2xfemsxwy4usujce5y"],
    [["image"], "registry.example.net/app@sha256:9f86d081884c7d659a2feaa0c55ad015"],
    [["commit"], "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"],
    [["id"], "123e4567-e89b-12d3-a456-426614174000"],
    [["description"], "A sentence of words, longer than twenty characters."],
    [["host"], "database-0.internal.example.net"],
  ] as const)("%j: %s is none", (path, value) => expect(secretSignOf(path, value)).toBeNull())
})

const open = [
  "<name>",
  "<your password>",
  "${X}",
  "${X:-}",
  "${X:?must be set}",
  "${X:-changeme}",
  "$DB_PASSWORD",
  "$password",
  "{{ .Values.x }}",
  "{{- .Values.x | quote -}}",
  '{{ required "set it" .Values.x }}',
  '{{ index .Values "a-b" }}',
  "{{ lookup('env', 'X') }}",
  '{{ .Values.x | default "" }}',
  '{{ default "changeme" .Values.x }}',
  "${{ secrets.X }}",
  "$(cat /run/secrets/x)",
  "%DB_PASSWORD%",
  "%kernel.secret%",
  "#{DbPassword}#",
  "@DB_PASSWORD@",
  "__DB_PASSWORD__",
  "[[ .Secret ]]",
  '<%= ENV["X"] %>',
  "<user>:<password>",
  "changeme",
  "CHANGE_ME",
  "change-it",
  "replace me",
  "your-password-here",
  "YOUR_API_KEY",
  "todo",
  "TBD",
  "redacted",
  "xxx",
  "XXXXXXXX",
  "****",
  "...",
  "____",
  " changeme ",
  "postgres://${USER}:${PASS}@${HOST}/db",
  "postgres://app:<password>@db.example.net/app",
  "/home/${USER}/x",
  "postgres://app:changeme@localhost/app",
]
const filled = [
  "",
  "x",
  "7",
  "true",
  "default",
  "null",
  "hunter2",
  "prefix-hunter2-${X}",
  "a<b>c",
  "$uper$ecret",
  "%hunter22%",
  "${X:-hunter2}",
  "${X-hunter2}",
  '{{ .Values.x | default "hunter2" }}',
  '{{ "hunter2" }}',
  "{{ x || 'hunter2' }}",
  "<password>hunter2</password>",
  '<user password="hunter2"/>',
  "postgres://app:hunter2@${HOST}/db",
  "changeme1",
  "https://hooks.example.net/T0/${X}?sig=Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRg8K",
  "<a>".repeat(2000),
]
describe("what a template leaves open", () => {
  test.each(open)("%j", (value) => expect(isPlaceholder(value)).toBe(true))
  test.each(open)("%j is no secret by its name", (value) => expect(secretSignOf(["password"], value)).toBeNull())
  test.each(filled)("%j is a value", (value) => expect(isPlaceholder(value)).toBe(false))

  test("a text made of beginnings takes no longer than its length asks for", () => {
    for (const start of ["${", "{{", "<", "$(", "__A", "@A", "[[", "#{", "%A", "<%= ENV[", "your-a", "${X:-", "{{'"])
      expect(isPlaceholder(start.repeat(100_000).slice(0, 4096))).toBe(false)
  })
})
