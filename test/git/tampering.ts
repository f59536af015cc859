import { expect } from "vitest"
import { sottoDialect } from "../../src/app/dialect.ts"
import { type Parentage } from "../../src/app/merge/parents.ts"
import { readBroken, type Repair, repairFile } from "../../src/app/merge/repair-file.ts"
import { RunEnd } from "../../src/app/run-end.ts"
import { type Session } from "../../src/app/session.ts"
import { utf8 } from "../../src/core/text.ts"
import { AppError } from "../../src/errors/app-error.ts"
import { canary } from "../canary.ts"
import { type Random } from "../core/merge/documents.ts"
import { type MergeRepository } from "./merging.ts"

/** A value that must be seen nowhere. */
export const secret = (name: string): string => `${canary}-${name}`

export interface Scene {
  readonly path: string
  readonly base: string
  readonly ours: string
  readonly theirs: string
  /** What the merge gives, in the clear. */
  readonly merged: string
}

export interface Versions {
  readonly base: string
  readonly ours: string
  readonly theirs: string
  /** Tokens of another file, and of an older version of this one. */
  readonly foreign: string
  readonly older: string
}

/** The versions as the program seals them, one after the other. */
async function sealed(own: MergeRepository, { path, base, ours, theirs }: Scene): Promise<Versions> {
  const read = (): string => own.read(path).toString()
  await own.seal(path, ours)
  const foreign = read()
  await own.seal(path, base.replaceAll(canary, `old-${canary}`))
  const older = read()
  await own.change(path, base)
  const first = read()
  await own.change(path, theirs)
  const second = read()
  own.write(path, first)
  await own.change(path, ours)
  return { base: first, ours: read(), theirs: second, foreign, older }
}

const tokenOf = /ENC\[AES256_GCM,[^\]]*\]/g
const isMetadata = (line: string): boolean =>
  /^ *"?(sops|mac|lastmodified|version|sotto_\w+|unencrypted_suffix|enc|recipient|age)"?\b|sops_|^\[sops\]|-----|^ {6,}\S{40,}$/.test(
    line,
  )

/** The lines of ours with what only theirs changed: what a server makes of them. */
function byLine({ base, ours, theirs }: Versions): string {
  const [b, t] = [base.split("\n"), theirs.split("\n")]
  return ours
    .split("\n")
    .map((line, at) => (line === b[at] && t[at] !== b[at] && !isMetadata(line) ? t[at]! : line))
    .join("\n")
}

export function tokensIn(text: string): readonly RegExpMatchArray[] {
  return [...text.matchAll(tokenOf)]
}

export function valueTokens(text: string): string[] {
  return text.split("\n").flatMap((line) => (isMetadata(line) ? [] : tokensIn(line).map(([token]) => token)))
}

export function replacedToken(text: string, random: Random, change: (token: string) => string): string {
  const tokens = tokensIn(text)
  const [token] = tokens[random(tokens.length)]!
  return text.replace(token, () => change(token))
}

function sessionOf(own: MergeRepository): Session {
  return { io: own.io(), dialect: sottoDialect, end: new RunEnd(), memory: {}, notice: () => {} }
}

/** Repairs a text as the merge of the versions. */
function attemptOn(
  own: MergeRepository,
  versions: Versions,
  path: string,
): (text: string) => Promise<Repair | "fine" | AppError> {
  const parent = (text: string): { commit: null; bytes: Uint8Array } => ({ commit: null, bytes: utf8.encode(text) })
  const parentage: Parentage = {
    commit: null,
    ours: parent(versions.ours),
    theirs: parent(versions.theirs),
    bases: [parent(versions.base)],
  }
  const session = sessionOf(own)
  return async (text) => {
    try {
      const broken = await readBroken(session, utf8.encode(text), path)
      if (broken === null) return "fine"
      return await repairFile(session, broken, parentage, path, { isStrict: false, history: async function* () {} })
    } catch (error) {
      if (error instanceof AppError) return error
      throw error
    }
  }
}

export interface HonestMerge {
  readonly versions: Versions
  /** What a server makes of them by line. */
  readonly honest: string
  attempt(text: string): Promise<Repair | "fine" | AppError>
  openedOf(bytes: Uint8Array): Promise<string>
}

/** The merge of a scene before anybody tampers with it: repaired, it says what the merge says. */
export async function honestMerge(own: MergeRepository, scene: Scene): Promise<HonestMerge> {
  const versions = await sealed(own, scene)
  const honest = byLine(versions)
  const attempt = attemptOn(own, versions, scene.path)
  const openedOf = async (bytes: Uint8Array): Promise<string> => {
    own.write(scene.path, bytes)
    return own.open(scene.path)
  }
  const untouched = await attempt(honest)
  expect(untouched).toMatchObject({ result: "repaired" })
  expect(await openedOf((untouched as Repair).bytes!)).toBe(scene.merged)
  return { versions, honest, attempt, openedOf }
}
