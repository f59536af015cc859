/** The release, as package.json says it; a test holds the two together. */
export const version = "0.1.0"

/** The release of sops whose format and command line this is; files are written as by it. */
export const sopsVersion = "3.13.2"
