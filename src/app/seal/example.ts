import { type FormatName } from "../../core/format.ts"

const yaml = `hello: Welcome to sotto! Edit this file as you please!
example_key: example_value
# Example comment
example_array:
    - example_value1
    - example_value2
example_number: 1234.56789
example_booleans:
    - true
    - false
`

const json = `{
\t"hello": "Welcome to sotto! Edit this file as you please!",
\t"example_key": "example_value",
\t"example_array": [
\t\t"example_value1",
\t\t"example_value2"
\t],
\t"example_number": 1234.56789,
\t"example_booleans": [
\t\ttrue,
\t\tfalse
\t]
}
`

const examples: Readonly<Record<FormatName, string>> = {
  yaml,
  json,
  dotenv: `# Example comment
hello=Welcome to sotto! Edit this file as you please!
example_key=example_value
example_multiline=foo\\nbar\\nbaz
`,
  ini: `[Welcome]
; Example comment
hello       = Welcome to sotto! Edit this file as you please!
example_key = example_value
`,
  binary: "Welcome to sotto! Edit this file as you please!",
}

/** What `edit` starts with when the file does not exist yet. */
export function exampleText(format: FormatName): string {
  return examples[format]
}
