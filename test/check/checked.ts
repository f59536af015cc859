import { expect } from "vitest"
import { type Repository, repository } from "../git/repository.ts"

/** A key that belongs to nobody, and one of a stranger. */
export const identity = "AGE-SECRET-KEY-1RV8YSZ026Y38UQTPSYRANGFTDE7FXH5XPKMVGMQE0PAN6T2DTSYSXHQV4P"
export const tester = "age19u7j6dvg6w6me8hydt9merssh7auus5qzlamcmvd3vvp4m0tevjqzwqjuu"
export const stranger = "age15va5qhf46pfcuxtr0taa94gh3r5pf7r826kt4hmu7svtpwhnmquszv38yk"

export const secretText = "db:\n  password: canary-7f3a\n  user: canary-7f3a-user\n"

export interface Found {
  readonly code: string
  readonly severity: "error" | "warning"
  readonly file: string
  readonly line?: number
  readonly path?: (string | number)[]
  readonly message: string
  readonly hint?: string
  readonly recipient?: string
  readonly commit?: string
}

export interface Checked extends Repository {
  /** Runs `check` as somebody without an identity. */
  check(
    ...args: string[]
  ): Promise<{ status: number; findings: Found[]; files: number; sealed: number; stderr: string }>
  /** Seals a file in place. */
  seal(path: string, content: string, ...args: string[]): Promise<void>
  /** Runs a command that has an identity. */
  withKey(...args: string[]): Promise<void>
}

export const config = (rules: string): string =>
  `version: 1\nrecipients:\n  tester: ${tester}\n  stranger: ${stranger}\nrules:\n${rules}`

/** A repository with one rule for `secrets/`, and a person who is named in it. */
export function checkedRepository(rules = "  - path: secrets/**\n    recipients: [tester, stranger]\n"): Checked {
  const own = repository()
  own.write(".sopsrc", config(rules))
  const withKey: Checked["withKey"] = async (...args) => {
    own.env.set("SOPS_AGE_KEY", identity)
    const { status, stderr } = await own.sotto(...args)
    own.env.delete("SOPS_AGE_KEY")
    expect(`${status} ${stderr}`).toMatch(/^0 /)
  }
  return {
    ...own,
    withKey,
    async check(...args) {
      const { status, stdout, stderr } = await own.sotto("check", "--format", "json", ...args)
      const text = stdout.toString("utf8")
      expect(text + stderr).not.toContain("canary-7f3a")
      if (text === "") return { status, findings: [], files: 0, sealed: 0, stderr }
      const { findings, files, sealed } = JSON.parse(text) as { findings: Found[]; files: number; sealed: number }
      return { status, findings, files, sealed, stderr }
    },
    async seal(path, content, ...args) {
      own.write(path, content)
      await withKey("encrypt", "-i", path, ...args)
    },
  }
}

export function codesOf(findings: readonly Found[]): string[] {
  return [...new Set(findings.map(({ code }) => code))].toSorted()
}
