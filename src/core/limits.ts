/** Bounds against hostile input (docs/design/security.md S21). Each has its error and its test. */
export const limits = {
  /** Text of one structured file. */
  file_bytes_max: 256 * 1024 * 1024,
  /** Mappings and lists within each other. */
  nesting_max: 200,
  /** Sites that are reached through aliases: a billion laughs. */
  virtual_sites_max: 100_000,
  sites_max: 4_000_000,
  /** A pattern of a selector or a rule, in characters. */
  pattern_chars_max: 1_000,
  /** Characters of key paths that one pattern may be run over, summed over all keys of a file. */
  pattern_budget_chars_max: 200_000_000,
  nonce_bytes_max: 64,
  recipients_max: 500,
  /** Time to look for data keys of files that git shows or merges unseen: each entry costs a computation. */
  keys_alone_ms_max: 2_000,
  groups_max: 255,
  memo_entries_max: 10_000,
  memo_bytes_max: 256 * 1024,
} as const
