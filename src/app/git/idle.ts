import { join } from "node:path"
import { AppError } from "../../errors/app-error.ts"
import { sealedWords } from "../check/siblings.ts"
import { type Session } from "../session.ts"
import { openRepository } from "./open-repository.ts"
import { putFile, readIfThere } from "./own-files.ts"

const folderName = "sotto"
const prefix = "idle-"
const marksSuffix = ".marks"

/**
 * A function for the shell, in front of our start in the hook before a commit: whether nothing that is staged can concern
 * us. It starts five small programs, which together take less time than bare Node.
 *
 * It knows nothing by itself. Names count as harmless when `rememberHarmless` has said so, for these very configs and
 * names of sealed files in the index, this very file that PATH finds, and this day; and what is staged, and what was
 * there before, must hold none of the marks that it left. Everything else, and everything that goes wrong, is for us.
 *
 * @param followsReplacements - as in the first releases with this function, which saw what `git replace` shows in place
 *   of what is committed
 */
export function idleText(word: string, { followsReplacements = false } = {}): string {
  const real = followsReplacements ? "" : "\n  GIT_NO_REPLACE_OBJECTS=1; export GIT_NO_REPLACE_OBJECTS"
  const deciding = ["*.sopsrc", "*.sops.y*ml", ...[...sealedWords].flatMap((each) => [`*.${each}`, `*.${each}.*`])]
  return String.raw`# Does nothing staged concern sotto? What it needs for that, sotto left in .git/sotto.
idle() {
  unset GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS${real}
  folder=${"${GIT_DIR:-.git}"}
  [ -d "$folder" ] || folder=$(git rev-parse --git-dir) || return 1
  for state in MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD REBASE_HEAD; do
    [ ! -e "$folder/$state" ] || return 1
  done
  staged=$(git -c core.quotePath=true diff-index --cached --no-renames --no-abbrev HEAD --) || return 1
  [ -n "$staged" ] || return 0
  index=$(git ls-files -s -- ${deciding.map((each) => `'${each}'`).join(" ")}) || return 1
  program=$(ls -lLi "$(command -v ${word})") || return 1
  SOTTO_IDLE_KEY=$(printf '%s\n' "$index" "$program" "$(date +%Y-%j)" | git hash-object --stdin) || return 1
  export SOTTO_IDLE_KEY
  known=$folder/${folderName}/${prefix}$SOTTO_IDLE_KEY
  [ -s "$known" ] && [ -s "$known${marksSuffix}" ] || return 1
  blobs=$(printf '%s\n' "$staged" | known=$known awk '
    BEGIN { FS = "\t"; while ((getline name < ENVIRON["known"]) > 0) names[name] = 1 }
    !($2 in names) { exit 1 }
    { split($1, field, " "); print field[3]; print field[4] }') || return 1
  printf '%s\n' "$blobs" | {
    GIT_NO_LAZY_FETCH=1 GIT_ALLOW_PROTOCOL=none git cat-file --batch --buffer || echo 'PRIVATE KEY'
  } | LC_ALL=C grep -qE -f "$known${marksSuffix}"
  [ $? -eq 1 ]
}
`
}

const namesMax = 50_000
/** Of branches with other configs, and days. */
const keptMax = 8

/**
 * Leaves what the hook needs to tell next time, by its key, that nothing concerns us. It is a help only, and no reason to
 * fail.
 */
export async function rememberHarmless(session: Session): Promise<void> {
  const key = session.io.env.get("SOTTO_IDLE_KEY") ?? ""
  if (!/^[\da-f]{40,64}$/.test(key)) return
  try {
    await leave(session, key)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
  }
}

async function leave(session: Session, key: string): Promise<void> {
  const { git, repository } = await openRepository(session, { fetch: "never" })
  if (repository.top === null) return
  const folder = join(repository.gitDir, folderName)
  const path = join(folder, `${prefix}${key}`)
  const before = await readIfThere(session, path)
  const known = before === null ? [] : Buffer.from(before).toString("latin1").trimEnd().split("\n")
  const { harmlessNames } = await import("../check/harmless.ts")
  // Files that came since, or that this commit brings.
  const more = await harmlessNames(session, git, repository.top, new Set(known))
  if (more === null || more.length === 0 || known.length + more.length > namesMax) return
  const names = [...known, ...more]
  const { contentMarks } = await import("../check/search.ts")
  if (before === null) forget(session, repository.gitDir, keptMax - 1)
  // The names come last: with them everything is there.
  for (const [file, bytes] of [
    [`${path}${marksSuffix}`, markPatterns(contentMarks)],
    [path, Buffer.from(`${names.join("\n")}\n`)],
  ] as const)
    await putFile(session, file, { before: await readIfThere(session, file), after: bytes, mode: 0o600 })
}

/**
 * Extended regular expressions, one a line. Besides the marks: what git says of an object that it cannot read, other than
 * the one that stands for no file, and the first bytes of UTF-16, in which the marks look different.
 */
function markPatterns(marks: readonly string[]): Buffer {
  const escaped = marks.map((mark) => mark.replaceAll(/[^\w \-/=,:]/g, String.raw`\$&`))
  return Buffer.from(
    [...escaped, "^0*[1-9a-f][0-9a-f]* (missing|ambiguous)$", "^\xff\xfe", "^\xfe\xff", ""].join("\n"),
    "latin1",
  )
}

/** Removes what was left for the hook, all but the newest. */
export function forget({ io }: Session, gitDir: string, kept: number): void {
  const folder = join(gitDir, folderName)
  try {
    const own = io.fs
      .list(folder)
      .filter((name) => name.startsWith(prefix) && !name.endsWith(marksSuffix))
      .map((name) => ({ path: join(folder, name), ms: io.fs.lstat(join(folder, name)).modifiedMs }))
      .toSorted((a, b) => b.ms - a.ms)
    for (const { path } of own.slice(kept)) {
      io.fs.unlink(path)
      io.fs.unlink(`${path}${marksSuffix}`)
    }
  } catch {
    // Nothing is there yet, or it stays.
  }
}
