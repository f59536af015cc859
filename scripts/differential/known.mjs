// Differences of generated documents that are meant, each by a name that a row of test/differential/allowed.json
// carries. What is asked is as narrow as can be said: words of the error, or what the two outputs have in common.

const says =
  (text) =>
  ({ mine }) =>
    mine.status !== 0 && mine.stderr.includes(text)
const isSet = ({ argv }) => argv[0] === "set"
const isExtract = ({ argv }) => argv.includes("--extract")
const lines = ({ stdout }) => stdout.toString("utf8").split("\n")

/** Every line in which the two differ, on either side. */
function differingLines({ mine, real }) {
  const [a, b] = [lines(mine), lines(real)]
  const [inA, inB] = [new Set(a), new Set(b)]
  return [...a.filter((line) => !inB.has(line)), ...b.filter((line) => !inA.has(line))]
}

function isSame(a, b) {
  return a.length === b.length && a.every((line, index) => line === b[index])
}

/** Without the digits in the marks of text blocks. */
function withoutHints({ stdout }) {
  return stdout.toString("utf8").replaceAll(/([|>])\d/g, "$1")
}

/** Without lines that have nothing but the marks of a comment: an empty mapping is on one line then. */
function withoutMarks(end) {
  const left = lines(end).filter((line) => !/^\s*#+\s*$/.test(line))
  return left.join("\n").replaceAll(/([{[])\n\s*([}\]])/g, "$1$2")
}

/** A comment of a list that holds nothing comes back from sops as one more value. */
function isEmptyValueInList(found) {
  const differing = differingLines(found)
  return /^\s*#\s*$/m.test(found.text) && differing.every((line) => /^\s*(?:#\s*|- "")$/.test(line))
}

/** Lines whose numbers are integers where they can be: releases before 3.13.2 read all of JSON's as floats. */
function withoutZeros(end) {
  return lines(end).map((line) => line.replace(/=(-?\d+)\.0$/, "=$1"))
}

function isBroken(text) {
  try {
    JSON.parse(text)
    return false
  } catch {
    return true
  }
}

export const known = [
  { name: "crash", applies: ({ real }) => real.status === 2 && real.stderr.includes("goroutine ") },
  {
    name: "position for a mapping",
    applies: (found) =>
      says("a mapping has names, not positions")(found) ||
      (isExtract(found) && /component \[\d+\] not found/.test(found.mine.stderr) && found.real.status !== 1),
  },
  {
    name: "sealed by sops, and lost",
    applies: ({ step, mine, real }) =>
      real.status !== 0 &&
      (step === "stock opens ours" ||
        ((step === "ours opens stock's" || step.endsWith(", then stock's decrypt")) && mine.status === 0)),
  },
  {
    name: "marks in INI values",
    applies: (found) =>
      found.format === "ini" &&
      found.mine.status === 0 &&
      /[#;]/.test(found.text) &&
      // What is a comment there is a value here, and no comment selector looks at it.
      ((found.step === "stock opens ours" && differingLines(found).every((line) => /[#;=]/.test(line))) ||
        found.real.stderr.includes("matches UnencryptedCommentRegex")),
  },
  {
    name: "name that stands twice",
    applies: (found) => isExtract(found) && says("duplicate name: it is not clear which value is meant")(found),
  },
  { name: "ambiguous keys", applies: says("two keys have the same authenticated path") },
  { name: "text behind JSON", applies: says("the end of the object") },
  {
    name: "broken JSON",
    applies: (found) =>
      found.format === "json" &&
      found.step === "seal" &&
      isBroken(found.text) &&
      says("the file is not valid in its format")(found),
  },
  {
    name: "empty comments",
    applies: (found) =>
      found.format === "yaml" &&
      found.mine.status === 0 &&
      found.real.status === 0 &&
      (withoutMarks(found.mine) === withoutMarks(found.real) || isEmptyValueInList(found)),
  },
  {
    name: "BOM before JSON",
    applies: ({ format, text, mine, real }) =>
      format === "json" && text.startsWith("\uFEFF") && mine.status === 0 && real.status !== 0,
  },
  {
    name: "binary that is not UTF-8",
    applies: (found) =>
      found.format === "binary" && found.isBadText && says("an opened value does not fit the type")(found),
  },
  { name: "not UTF-8", applies: (found) => found.isBadText && says("the file is not UTF-8 text")(found) },
  { name: "alias as a key", applies: says("an alias") },
  {
    name: "names of dotenv",
    applies: ({ mine, argv }) =>
      argv.includes("dotenv") && /a name (holds an equal sign|begins like a comment|is empty)/.test(mine.stderr),
  },
  { name: "shapes of INI", applies: says("INI holds sections, and in them single values") },
  {
    name: "block hint in a list",
    applies: ({ mine, real }) =>
      mine.status === 0 &&
      real.status === 0 &&
      withoutHints(mine) === withoutHints(real) &&
      withoutHints(real) !== real.stdout.toString("utf8"),
  },
  {
    name: "numbers of JSON",
    applies: (found) =>
      found.format === "json" &&
      ((found.step === "stock opens ours" && /-0|\d{16}/.test(found.text)) ||
        (found.argv[0] === "exec-env" && isSame(lines(found.mine), withoutZeros(found.real)))),
  },
  { name: "minus zero", applies: (found) => isSet(found) && found.argv.at(-1) === "-0" },
  {
    name: "comments at the end",
    applies: (found) =>
      isSet(found) &&
      found.step.startsWith("set, ") &&
      isSame(lines(found.mine).toSorted(), lines(found.real).toSorted()) &&
      /^\s*#/m.test(found.text),
  },
  { name: "empty name of a variable", applies: says("an environment variable has an unusable value: an empty name") },
]

/** @returns the name of the rule that a difference falls under, or `null` */
export function nameOf(found, { format, bytes }) {
  const text = bytes.toString("utf8")
  const facts = { ...found, format, text, isBadText: !Buffer.from(text, "utf8").equals(bytes) }
  return known.find(({ applies }) => applies(facts))?.name ?? null
}
