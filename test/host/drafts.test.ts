import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { listDrafts, loadDraft, removeDraft, saveDraft } from "../../src/host/drafts.ts"
import { stateFolder } from "../../src/host/state-folder.ts"
import { type Io } from "../../src/host/io.ts"
import { machine, tempFolder } from "./machine.ts"

const sealed = Buffer.from([0, 10, 255, 10, 13])
const base = Buffer.from("what it was\n")
const isRoot = process.getuid?.() === 0

function scene(): { io: Io; cwd: string; folder: string } {
  const top = tempFolder()
  const cwd = join(top, "work")
  mkdirSync(cwd)
  const home = join(top, "home")
  mkdirSync(home, { mode: 0o755 })
  const io = machine({ cwd, home, platform: "linux", now: () => new Date(0) })
  return { io, cwd, folder: join(home, ".local/state/sotto/drafts") }
}

describe("S27: drafts", () => {
  test("what was saved comes back, bound to the file and to what it was", async () => {
    const { io, cwd, folder } = scene()
    writeFileSync(join(cwd, "a.yaml"), base)
    symlinkSync("a.yaml", join(cwd, "link.yaml"))
    const path = await saveDraft(io, "link.yaml", { sealed, base })
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const draft = await loadDraft(io, "a.yaml", base)
    expect(draft).toMatchObject({ target: join(cwd, "a.yaml"), isCurrent: true, savedAt: "1970-01-01T00:00:00.000Z" })
    expect(Buffer.from(draft?.sealed ?? []).equals(sealed)).toBe(true)
    expect(await loadDraft(io, "a.yaml", Buffer.from("other"))).toMatchObject({ isCurrent: false })
    expect(await loadDraft(io, "a.yaml", null)).toMatchObject({ isCurrent: false })
    expect(await loadDraft(io, "b.yaml", base)).toBeNull()
  })

  test("of a file that is not there yet", async () => {
    const { io, cwd } = scene()
    await saveDraft(io, "new.yaml", { sealed, base: null })
    expect(await loadDraft(io, join(cwd, "new.yaml"), null)).toMatchObject({ isCurrent: true })
    expect(await loadDraft(io, "new.yaml", Buffer.alloc(0))).toMatchObject({ isCurrent: false })
  })

  test("the last one counts, the list names the files, and removing is final", async () => {
    const { io, cwd, folder } = scene()
    expect(await listDrafts(io)).toEqual([])
    removeDraft(io, "b")
    for (const file of ["b", "a", "a"]) await saveDraft(io, file, { sealed, base: null })
    writeFileSync(join(folder, "broken.draft"), "x")
    expect((await listDrafts(io)).map(({ target }) => target)).toEqual([join(cwd, "a"), join(cwd, "b")])
    removeDraft(io, "b")
    removeDraft(io, "b")
    expect((await listDrafts(io)).map(({ target }) => target)).toEqual([join(cwd, "a")])
    expect(readdirSync(folder)).toHaveLength(2)
  })

  test.each([
    "",
    "sotto draft 1\n",
    "sotto draft 2\n{}\n",
    "sotto draft 1\n{}\n",
    "sotto draft 1\nnull\n",
    "sotto draft 1\n[\nx",
  ])("a damaged draft (%j) is an error", async (text) => {
    const { io } = scene()
    writeFileSync(await saveDraft(io, "a", { sealed, base }), text)
    await expect(loadDraft(io, "a", base)).rejects.toMatchObject({ code: "DRAFT_INVALID" })
  })

  test("a draft under the name of another file is an error", async () => {
    const { io } = scene()
    const [a, b] = [await saveDraft(io, "a", { sealed, base }), await saveDraft(io, "b", { sealed, base })]
    writeFileSync(a, readFileSync(b))
    await expect(loadDraft(io, "a", base)).rejects.toMatchObject({ code: "DRAFT_INVALID" })
  })

  test("a folder that lets others in is closed", async () => {
    const { io, folder } = scene()
    mkdirSync(folder, { recursive: true })
    chmodSync(folder, 0o777)
    await saveDraft(io, "a", { sealed, base })
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  test("a folder that is a link, or another user's, is refused", async () => {
    const { io, cwd, folder } = scene()
    mkdirSync(join(folder, ".."), { recursive: true })
    symlinkSync(cwd, folder)
    await expect(saveDraft(io, "a", { sealed, base })).rejects.toMatchObject({ code: "STATE_FOLDER_UNSAFE" })
    await expect(loadDraft(io, "a", base)).rejects.toMatchObject({ code: "STATE_FOLDER_UNSAFE" })
    expect(readdirSync(cwd)).toEqual([])
    if (!isRoot) return
    const other = scene()
    mkdirSync(other.folder, { recursive: true })
    chownSync(other.folder, 1234, 1234)
    await expect(saveDraft(other.io, "a", { sealed, base })).rejects.toMatchObject({ code: "STATE_FOLDER_UNSAFE" })
  })

  test("looking makes no folder", async () => {
    const { io, folder } = scene()
    expect(await loadDraft(io, "a", base)).toBeNull()
    expect(existsSync(join(folder, "../../../.."))).toBe(true)
    expect(existsSync(join(folder, "../../.."))).toBe(false)
  })

  test.each([
    { platform: "linux", env: {}, expected: "/h/.local/state/sotto" },
    { platform: "linux", env: { XDG_STATE_HOME: "/s" }, expected: "/s/sotto" },
    { platform: "linux", env: { XDG_STATE_HOME: "relative" }, expected: "/h/.local/state/sotto" },
    { platform: "darwin", env: {}, expected: "/h/Library/Application Support/sotto" },
    { platform: "win32", env: { LOCALAPPDATA: "/l" }, expected: "/l/sotto" },
    { platform: "win32", env: {}, expected: "/h/AppData/Local/sotto" },
  ] as const)("$platform $env: $expected", ({ platform, env, expected }) => {
    expect(stateFolder({ platform, home: "/h", env: new Map(Object.entries(env)) })).toBe(expected)
  })
})
