import { yaml } from "../../../src/formats/yaml/yaml.ts"
import { documentLaws } from "../../laws/document-laws.ts"
import { formatLaws } from "../../laws/format-laws.ts"
import { yamlText } from "./yaml-text.ts"

// For go-yaml the length of a comment that ends the text decides whose it is. In a sealed file the metadata follows.
formatLaws(
  yaml,
  yamlText.filter((text) => !/#[^\n]*$/.test(text)),
)
documentLaws(yaml, yamlText)
