/** How often a law is tried: quick by default, thorough with `SLOW=1`. */
export const runs = { numRuns: process.env["SLOW"] === "1" ? 5_000 : 50 }
