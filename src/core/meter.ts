/**
 * Hears how far the work on one document is. Core waits for nothing, so no timer could fire in between.
 *
 * @param done - of the values of the document
 */
export type Meter = (what: "opening" | "sealing" | "checking", done: number, total: number) => void

/** Values between two calls: a hundred milliseconds at most. */
export const METER_STEP = 4096
