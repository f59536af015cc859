// The package's own types come from another package, which is not needed at run time.
declare module "@secretlint/secretlint-rule-preset-recommend" {
  export interface Source {
    readonly content: string
    readonly filePath: string
    readonly ext: string
    readonly contentType: "text"
  }

  export interface Message {
    readonly messageId: string
  }

  export type Translator = (messages: object) => (messageId: string) => Message

  export interface Scanner {
    readonly createTranslator: Translator
    report(found: { readonly message: Message; readonly range: readonly [number, number] }): void
    ignore(): void
  }

  export interface RuleCreator {
    readonly meta: { readonly id: string }
    create(context: Scanner, options: object): { file?: (source: Source) => unknown }
  }

  export const rules: readonly RuleCreator[]
}
