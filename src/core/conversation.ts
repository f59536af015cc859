/**
 * A running program with both pipes open, which answers again and again: an age plugin, `git cat-file`. Host starts it;
 * its user sees only this. What is asked a single thing, as gpg is, is run to its end instead.
 */
export interface Conversation {
  /** Writing to a program that has ended does nothing; the next `read` tells. */
  write(bytes: Uint8Array): Promise<void>
  /** The next bytes, as they come; `null` at the end. */
  read(): Promise<Uint8Array | null>
  /** Closes both pipes, even with text unread, asks the program to end, insists if need be, and waits for it. */
  close(): Promise<void>
}
