// How a program of one file is made with Bun: our own (binary.mjs), and the bare ones that it is measured beside.
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const bun = fileURLToPath(new URL("../node_modules/bun/bin/bun.exe", import.meta.url))

/**
 * @param {{ cwd: string, files: string[], outfile: string, options?: string[] }} program
 *   files: the first is the entry, the others are inside; options: more of Bun's own
 */
export function compileProgram({ cwd, files, outfile, options = [] }) {
  const all = ["build", "--compile", "--bytecode", "--format=cjs", "--minify", `--outfile=${outfile}`, ...options]
  // Nothing of the folder that it is called in may be read (rule S15): a plain program of Bun runs what is there.
  for (const file of ["dotenv", "bunfig", "tsconfig", "package-json"]) all.push(`--no-compile-autoload-${file}`)
  // Most calls are over before the just-in-time compilers pay: a higher threshold takes a fifth off a short run.
  all.push("--compile-jit-policy=100")
  execFileSync(bun, [...all, ...files], { cwd, stdio: ["ignore", "ignore", "inherit"] })
}
