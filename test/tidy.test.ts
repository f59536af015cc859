import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { commands } from "../src/cli/commands.ts"
import { catalog } from "../src/errors/catalog.ts"
import { version } from "../src/version.ts"
import { type Source, root, sources, withoutComments } from "./sources.ts"

const src = sources("src")
const byFile = new Map(src.map((source) => [source.file, source]))

/** Who may import whom: prefixes of files below src, and of built-in modules. A room may always import itself. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["host/sigusr1.ts", "start.ts"],
  // The entries of the published package, around the chunks that the build makes of everything else.
  "launch/": ["host/sigusr1.ts", "node:"],
  "start.ts": ["cli/", "host/io.ts", "host/engine.ts"],
  "index.ts": ["app/", "core/", "errors/", "version.ts"],
  "version.ts": [],
  "bundled.ts": [],
  "cli/": [
    "app/",
    "errors/",
    "host/io.ts",
    "config/environment.ts",
    "keys/kinds.ts",
    "keys/kind.ts",
    "keys/data-key-as-upstream.ts",
    "core/format.ts",
    "version.ts",
    "bundled.ts",
  ],
  // prettier-ignore
  "app/": ["core/", "formats/", "keys/", "config/", "host/", "errors/", "publish/", "audit/", "version.ts", "node:path"],
  "formats/": ["core/", "errors/"],
  "keys/": ["core/", "errors/", "node:crypto", "node:http2", "node:net", "node:path"],
  // The one place of the drivers that talks to the network.
  "keys/http/": [
    "keys/",
    "core/",
    "errors/",
    "node:crypto",
    "node:http",
    "node:https",
    "node:tls",
    "node:net",
    "node:stream",
    "node:zlib",
  ],
  // gRPC has connections of its own.
  "keys/gcp/": ["keys/", "core/", "errors/", "node:crypto", "node:net", "node:tls", "node:timers/promises"],
  // Uploads log in and send as the key providers do.
  "publish/": [
    "errors/",
    "keys/http/",
    "keys/provider.ts",
    "node:crypto",
    "node:net",
    "keys/aws/credentials.ts",
    "keys/gcp/authorization.ts",
    "keys/vault/transit.ts",
  ],
  "audit/": ["errors/", "node:tls", "node:path"],
  "config/": ["core/", "errors/", "formats/yaml/", "node:path"],
  "host/": ["core/conversation.ts", "core/monotonic.ts", "core/secret.ts", "core/shlex.ts", "errors/", "node:"],
  "core/": ["errors/", "node:crypto"],
  "errors/": [],
}

/** Each package has one place that knows it. */
const packages: Readonly<Record<string, string>> = {
  "age-encryption": "src/keys/age/",
  "@aws-sdk/": "src/keys/aws/",
  "@azure/": "src/keys/azure/",
  "google-auth-library": "src/keys/gcp/",
  "@google-cloud/kms": "src/keys/gcp/grpc.ts",
  "@grpc/grpc-js": "src/keys/gcp/grpc.ts",
  "google-gax": "src/keys/gcp/grpc.ts",
  "@bufbuild/protobuf": "src/keys/keyservice/messages.ts",
  "@noble/": "src/keys/age/",
  bech32: "src/keys/age/bech32.ts",
  "@smithy/signature-v4": "src/publish/s3.ts",
  "bcrypt-pbkdf": "src/keys/age/",
  commander: "src/cli/",
  execa: "src/host/program.ts",
  yaml: "src/config/",
  re2js: "src/config/re2.ts",
  diff: "src/core/merge/by-text.ts",
  pg: "src/audit/",
  "@secretlint/": "src/app/check/provider-keys.ts",
  "fastest-levenshtein": "src/errors/nearest.ts",
}

function roomOf(file: string): string {
  const inside = file.replace(/^src\//, "")
  const holders = Object.keys(rooms).filter(
    (room) => inside === room || (room.endsWith("/") && inside.startsWith(room)),
  )
  return holders.toSorted((a, b) => b.length - a.length)[0] ?? inside
}

describe("imports", () => {
  test("every room imports only what its line in the table allows", () => {
    const wrong = src.flatMap(({ file, imports }) => {
      const room = roomOf(file)
      const allowed = [...(rooms[room] ?? []), room]
      return imports.flatMap(({ target, file: to }) => {
        const name = to?.replace(/^src\//, "") ?? target
        const isPackage = to === null && !target.startsWith("node:")
        return isPackage || allowed.some((prefix) => name.startsWith(prefix)) ? [] : [`${file} -> ${name}`]
      })
    })
    expect(wrong).toEqual([])
  })

  test("every package is imported in its one place, and pinned", () => {
    const declared = packageJson().devDependencies
    const wrong = src.flatMap(({ file, imports }) =>
      imports.flatMap(({ target, file: to }) => {
        if (to !== null || target.startsWith("node:")) return []
        const place = Object.entries(packages).find(([name]) => target.startsWith(name))?.[1]
        const name = target.split("/", target.startsWith("@") ? 2 : 1).join("/")
        const isRight = place !== undefined && file.startsWith(place) && Object.hasOwn(declared, name)
        return isRight ? [] : [`${file} -> ${target}`]
      }),
    )
    expect(wrong).toEqual([])
  })

  test("no file imports itself by way of others", () => {
    expect(src.flatMap((source) => cycleThrough(source) ?? [])).toEqual([])
  })

  test("every file is reached from the program or the library", () => {
    const reached = new Set<string>()
    const visit = (file: string): void => {
      if (reached.has(file)) return
      reached.add(file)
      for (const { file: to } of byFile.get(file)?.imports ?? []) if (to !== null) visit(to)
    }
    visit("src/main.ts")
    visit("src/index.ts")
    visit("src/launch/entry.ts")
    visit("src/launch/library.ts")
    visit("src/launch/binary.ts")
    expect(src.map(({ file }) => file).filter((file) => !reached.has(file))).toEqual([])
  })

  test.each(["src/main.ts", "src/launch/entry.ts", "src/launch/binary.ts"])(
    "%s loads nothing but the listener before it has listened",
    (file) => {
      const loaded = new Set<string>()
      const visit = (at: string): void => {
        if (loaded.has(at)) return
        loaded.add(at)
        for (const { target, file: to, isDynamic, isTypes } of byFile.get(at)?.imports ?? []) {
          if (isDynamic || isTypes) continue
          if (to === null) loaded.add(target)
          else visit(to)
        }
      }
      visit(file)
      const launcher = new Set(
        ["chunks", "code-cache", "compile", "quick-code", "scratch"].map((name) => `src/launch/${name}.ts`),
      )
      expect([...loaded].filter((each) => !launcher.has(each))).toEqual([file, "src/host/sigusr1.ts"])
    },
  )
})

function cycleThrough({ file }: Source): string | undefined {
  const seen = new Set<string>()
  const stack = [[file]]
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    for (const { file: to, isDynamic, isTypes } of byFile.get(path.at(-1)!)?.imports ?? []) {
      if (to === null || isDynamic || isTypes) continue
      if (to === file) return [...path, to].join(" -> ")
      if (seen.has(to)) continue
      seen.add(to)
      stack.push([...path, to])
    }
  }
  return undefined
}

const banned: readonly { readonly call: RegExp; readonly instead: string; readonly except: readonly string[] }[] = [
  { call: /\bconsole\./, instead: "an outcome, a notice or an AppError", except: [] },
  {
    call: /\bJSON\.parse\(/,
    instead: "formats/json, which bounds and never quotes its input",
    // Two look whether a piece is valid and drop it; two read what was sealed by us and authenticated before, one the
    // bounded answers of services.
    except: [
      "src/formats/json/strings.ts",
      "src/formats/yaml/edit/attach.ts",
      "src/core/memo.ts",
      "src/host/drafts.ts",
      "src/keys/http/json.ts",
    ],
  },
  {
    call: /\bnew RegExp\(/,
    instead: "config/re2.ts for patterns of users, a literal for our own",
    // All are put together from constants.
    except: ["src/host/private-dir.ts", "src/host/leftovers.ts", "src/app/check/provider-keys.ts"],
  },
  {
    // V8 reads the classes of Unicode where the literal stands: 0.2 to 0.5 ms for each start that loads the module.
    call: /^(?:export )?const \w+ =\s+\/.*\\p\{/m,
    instead: "within a function, behind an expression for what is ASCII",
    // Only `publish` loads it.
    except: ["src/publish/upload.ts"],
  },
  {
    call: /\bprocess\.env\b/,
    instead: "config/environment.ts over io.env",
    except: ["src/host/io.ts", "src/launch/entry.ts"],
  },
  {
    call: /\bgenerateKeyPair(?:Sync)?\(/,
    instead: "ephemeralKey of keys/age/x25519.ts: to export what this makes can wait for ever in Node 20",
    except: [],
  },
  { call: /\bpath: fullPath\(/, instead: "shownPath, since a key may be what an alias stands for", except: [] },
  { call: /\bprocess\.exit\(/, instead: "an exit status", except: ["src/start.ts"] },
  { call: /\bMath\.random\(/, instead: "node:crypto", except: [] },
  { call: /\beval\(|\bnew Function\(/, instead: "nothing", except: [] },
  { call: /\{\s*cause\s*[:}]/, instead: "a code with a line: a cause may quote a document", except: [] },
  {
    call: /\bperformance\.(?!timeOrigin)/,
    instead: "monotonicMs: for `performance` Node loads ten modules of its own",
    except: [],
  },
  { call: /\bnew Date\(\)|\bDate\.now\(/, instead: "io.now()", except: ["src/host/io.ts"] },
  { call: /\bexport default\b/, instead: "a name", except: [] },
  // What chunks share are values, no getters (scripts/build.mjs).
  { call: /\bexport (?:let|var)\b/, instead: "a function that tells it", except: [] },
  { call: /\benum \w+ \{|^namespace /m, instead: "a union of texts", except: [] },
]

describe("calls", () => {
  test.each(banned)("$call is $instead", ({ call, except }) => {
    const found = src.filter(({ file, text }) => !except.includes(file) && call.test(withoutComments(text)))
    expect(found.map(({ file }) => file)).toEqual([])
  })

  test("no exception is left without a use", () => {
    const stale = banned.flatMap(({ call, except }) =>
      except.filter((file) => !call.test(byFile.get(file)?.text ?? "")),
    )
    expect(stale).toEqual([])
  })

  test("every AES-GCM call says how long its tag is", () => {
    // Without it Node accepts a tag of four bytes.
    const calls = src.flatMap(({ text }) =>
      [...text.matchAll(/create(?:De)?[Cc]ipheriv\([^)]*\)/g)].map(([one]) => one),
    )
    expect(calls.length).toBeGreaterThan(0)
    expect(calls.filter((one) => one.includes("gcm") && !one.includes("authTagLength"))).toEqual([])
  })

  test("options that one command has alone stand beside it", () => {
    const file = "src/app/options.ts"
    const names = [...byFile.get(file)!.text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name!)
    const isShared = (name: string): boolean =>
      src.filter((each) => each.file.startsWith("src/app/") && new RegExp(`\\b${name}\\b`).test(each.text)).length > 2
    expect(names.filter((name) => !isShared(name))).toEqual([])
  })

  test("core asks what a format is like, and not for its name; the names stand in one list", () => {
    const asks = /\bformat\.name [!=]==/
    const lists = /\["(?:yaml|json)", "(?:yaml|json)", "(?:dotenv|ini)"/
    const inCore = src.filter(({ file, text }) => file.startsWith("src/core/") && asks.test(withoutComments(text)))
    const withList = src.filter(({ text }) => lists.test(withoutComments(text)))
    expect(inCore.map(({ file }) => file)).toEqual([])
    expect(withList.map(({ file }) => file)).toEqual(["src/core/format.ts"])
  })

  test("files stay small", () => {
    // 300 lines are the guide; what is longer than this has more than one idea. A grammar is one idea at any length.
    const grammars = new Set(["src/formats/yaml/scan/parse.ts"])
    const long = src.filter(({ file, text }) => text.split("\n").length > (grammars.has(file) ? 600 : 400))
    expect(long.map(({ file }) => file)).toEqual([])
  })
})

describe("tables and texts", () => {
  test("every code of the catalog is thrown somewhere", () => {
    const texts = src.filter(({ file }) => !file.startsWith("src/errors/")).map(({ text }) => text)
    const unused = Object.keys(catalog).filter((code) => !texts.some((text) => text.includes(`"${code}"`)))
    expect(unused).toEqual([])
  })

  test("titles and hints begin in lower case and end without a period", () => {
    const entries: [string, { title: string; hint: string | undefined }][] = Object.entries(catalog)
    const odd = entries.filter(([code, { title, hint = "" }]) => {
      // Scripts look for the words of sops.
      const texts = code === "NOT_CHANGED" ? [hint] : [title, hint]
      return texts.some((text) => text.endsWith(".") || /^[A-Z][a-z]/.test(text))
    })
    expect(odd).toEqual([])
  })

  test("the generated pages are fresh", () => {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/docs.mjs", "--check"], { cwd: root })
    expect(`${status} ${String(stderr)}`).toBe("0 ")
  })

  test("every command has a script", () => {
    const missing = [...commands.keys()].filter((name) => {
      const file = join(root, `test/scripts/${name.replace(" ", "-")}.txtar`)
      return !existsSync(file) || !new RegExp(`^!? ?exec ${name}\\b`, "m").test(readFileSync(file, "utf8"))
    })
    expect(missing).toEqual([])
  })

  test("every line of the threat model has a test of its number", () => {
    const promised =
      readFileSync(join(root, "docs/threat-model.md"), "utf8")
        .match(/^- S\d+/gm)
        ?.map((line) => line.slice(2)) ?? []
    expect(promised.length).toBeGreaterThan(15)
    const scripts = readdirSync(join(root, "test/scripts")).map((name) =>
      readFileSync(join(root, "test/scripts", name), "utf8"),
    )
    const tests = [...sources("test").map(({ text }) => text), ...scripts].join("\n")
    expect(promised.filter((number) => !new RegExp(`\\b${number}\\b`).test(tests))).toEqual([])
  })

  test("files that the tour and the design name are there", () => {
    const pages = [
      "docs/architecture.md",
      ...readdirSync(join(root, "docs/design")).map((name) => `docs/design/${name}`),
    ]
    const named = pages.flatMap((page) =>
      Array.from(
        readFileSync(join(root, page), "utf8").matchAll(/`((?:src|test|scripts|fixtures)\/[\w./-]+)`/g),
        ([, file]) => file!,
      ),
    )
    expect(named.length).toBeGreaterThan(50)
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })

  test("links between pages lead somewhere", () => {
    const pages = [
      "README.md",
      "CONTRIBUTING.md",
      "SECURITY.md",
      ...["docs", "docs/design", "docs/adr", "docs/walks"].flatMap((folder) =>
        readdirSync(join(root, folder))
          .filter((name) => name.endsWith(".md"))
          .map((name) => `${folder}/${name}`),
      ),
    ]
    const dead = pages.flatMap((page) => {
      const links = readFileSync(join(root, page), "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)
      return [...links].map(([, to]) => join(page, "..", to!)).filter((to) => !existsSync(join(root, to)))
    })
    expect(dead).toEqual([])
  })
})

interface PackageJson {
  readonly version: string
  readonly dependencies?: object
  readonly devDependencies: Readonly<Record<string, string>>
}

function packageJson(): PackageJson {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as PackageJson
}

describe("the package", () => {
  test("nothing is installed beside it, and every tool is pinned", () => {
    const { dependencies, devDependencies } = packageJson()
    expect(dependencies).toBeUndefined()
    expect(Object.entries(devDependencies).filter(([, range]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(range))).toEqual(
      [],
    )
  })

  test("the release is the same in both places", () => {
    expect(packageJson().version).toBe(version)
  })
})
