interface Entry {
  readonly exit: number
  readonly title: string
  readonly hint: string | undefined
}

/**
 * Every expected failure. Exit statuses follow sops (cmd/sops/codes/codes.go), so existing wrapper scripts keep
 * working; 64 is a usage error and 70 a bug of ours. Keep the blocks of one subject together.
 */
export const catalog = {
  // The text of a file.
  SYNTAX: { exit: 2, title: "the file is not valid in its format", hint: undefined },
  NOT_UTF8: { exit: 2, title: "the file is not UTF-8 text", hint: "treat it as binary: --input-type binary" },
  ROOT_NOT_MAP: {
    exit: 2,
    title: "the root of the file is not a mapping, which sops cannot seal",
    hint: "seal the whole file in a container with --container",
  },
  DUPLICATE_KEY: { exit: 2, title: "a key stands twice in one mapping", hint: "remove one of the two" },
  KEY_NOT_STRING: { exit: 23, title: "a mapping key is not a string", hint: "put the key in quotes" },
  NO_DOCUMENT: { exit: 92, title: "the file holds no document", hint: undefined },
  TOO_LARGE: { exit: 2, title: "a limit was exceeded", hint: undefined },
  ALREADY_SEALED: { exit: 203, title: "the file is sealed already", hint: "change it with `sotto edit` or `sotto set`" },
  NOT_SEALED: {
    exit: 1,
    title: "sops metadata not found: the file is not sealed",
    hint: "seal it with `sotto encrypt -i`",
  },

  // Metadata.
  METADATA_INVALID: { exit: 1, title: "the metadata of the file is not valid", hint: undefined },
} as const satisfies Record<string, Entry>

export type Code = keyof typeof catalog
