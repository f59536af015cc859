import { yaml } from "../../../src/formats/yaml/yaml.ts"
import { documentLaws } from "../../laws/document-laws.ts"
import { formatLaws } from "../../laws/format-laws.ts"
import { yamlText } from "./yaml-text.ts"

formatLaws(yaml, yamlText)
documentLaws(yaml, yamlText)
