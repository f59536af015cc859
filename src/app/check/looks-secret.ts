/** Why a value in the clear looks like a secret. `"address"`: it holds an address with a password in it. */
type SecretSign = "name" | "entropy" | "address"

const secretWords: ReadonlySet<string> = new Set(
  [
    "password passwd passphrase passcode pwd pass secret secrets token credential credentials",
    "apikey privatekey secretkey accesskey authkey authtoken accesstoken",
  ].flatMap((words) => words.split(" ")),
)
/** The last two words of a name. */
const secretPairs: ReadonlySet<string> = new Set([
  "api key",
  "private key",
  "secret key",
  "access key",
  "auth key",
  "signing key",
  "encryption key",
  "master key",
  "service key",
  "shared key",
  "account key",
  "session key",
  "ssh key",
  "connection string",
])
/** Words that are a value, and no secret. */
const plainValue = /^(?:true|false|null|none|nil|yes|no|on|off|n\/a|default)$/i
/** Words that stand where somebody has to put a value. */
const fillInWord =
  /^(?:(?:change|replace)[-_ ]?(?:me|it|this)|fill[-_ ]?(?:me[-_ ]?)?in|(?:your|insert|enter|put)(?:[-_ ][a-z0-9]+){0,6}[-_ ](?:here|passw(?:or)?d|secret|token|key|value|name|user|id)|example|placeholder|dummy|todo|tbd|fixme|redacted|optional|required)$/i
/** What a template fills in, as the whole of a value. */
const wholePlaceholder = /^(?:\$[a-z_]+|\$\d|%[a-z_.-]+%|([xX*.?_#-])\1+)$/
/** The same anywhere in it. A password may begin with a dollar sign, too: names of variables have one kind of letters. */
const placeholders =
  /<[^<>"'=\n]{1,200}>|<%=?\s*ENV(?:\[|\.fetch\()["']\w{1,100}["'][\])]\s*%>|\$\{\{[^{}\n]*\}\}|\{\{[^{}\n]*\}\}|\$\{[^{}\n]*\}|#\{[^{}\n]*\}#?|\$\([^()\n]*\)|\[\[[^[\]\n]*\]\]|\$[A-Z_][A-Z0-9_]*(?![a-z])|%[A-Z_][A-Z0-9_]*%|@[A-Z][A-Z0-9_]*@|__[A-Z][A-Z0-9_]*?__/g
const placeholderCharsMax = 4096
/** `scheme://name:password@host`, and the settings of database drivers: `...;Password=...`, `...?password=...`. */
const passwordsInAddress = [
  /:\/\/[^\s/?#:@]*:([^\s/?#@]+)@/g,
  /(?:^|[;?&\s])(?:password|passwd|pwd)\s?=\s?([^\s;&"']+)/gi,
] as const
const publicValue =
  /^(?:age1|ssh-(?:rsa|ed25519) |ecdsa-sha2-|sk-ssh-|arn:|sha(?:1|256|384|512)[:-]|-----BEGIN (?:PUBLIC KEY|CERTIFICATE|RSA PUBLIC KEY|PGP PUBLIC KEY|SSH2 PUBLIC KEY|CERTIFICATE REQUEST|AGE ENCRYPTED FILE))/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** Words for things that have many digits and are not secret. */
const digestWord =
  /(?:^|[_. -])(?:sha\d*|digest|hash|checksum|commit|revision|fingerprint|etag|uuid|guid|integrity|signature|md5|crc)(?:$|[_. -])/i

const entropyCharsMin = 20
const entropyCharsMax = 4096

/**
 * Whether a value in the clear looks like a secret, by the name of its key, by an address with a password in it, or by
 * how random it is (20 characters and more). A guess for people to confirm; it looks at nothing but its arguments.
 *
 * @param path - keys and list positions; the last key is the name
 * @returns `null` for an ordinary value
 */
export function secretSignOf(path: readonly (string | number)[], value: string): SecretSign | null {
  const text = value.trim()
  if (text === "" || isFilledIn(text) || publicValue.test(text)) return null
  if (holdsPassword(text)) return "address"
  const name = path.findLast((part) => typeof part === "string") ?? ""
  if (isSecretName(name) && !looksLikePlace(text)) return "name"
  return isRandom(text) && !digestWord.test(wordsOf(name).join(" ")) ? "entropy" : null
}

/** One character again and again tells nothing either, but it may be a value. */
function isFilledIn(text: string): boolean {
  return plainValue.test(text) || /^(.)\1*$/.test(text) || isPlaceholder(text)
}

/**
 * Whether a value is what a template has in the place of one: `<password>`, `${X}`, `{{ .Values.x }}`, `changeme`, `xxx`,
 * or an address that holds such a thing and no password besides. What `${X:-this}` falls back on has to be one, too.
 */
export function isPlaceholder(value: string): boolean {
  const text = value.trim()
  if (text.length > placeholderCharsMax) return false
  if (fillInWord.test(text) || wholePlaceholder.test(text)) return true
  const passwords = passwordsIn(text)
  let isOpen = passwords.length > 0 && passwords.every(isPlaceholder)
  const rest = text.replaceAll(placeholders, (found) => {
    if (!isLeftOpen(found)) return found
    isOpen = true
    return ""
  })
  if (!isOpen) return false
  if (!/[^\s!-/:-@[-`{-~]/.test(rest)) return true
  return placeWithName.test(rest) && !holdsPassword(rest) && !rest.split(/[/?&=:@]/).some(isRandom)
}

const placeWithName = /^(?:\.{0,2}\/|~\/|(?:[a-z][a-z0-9+.-]{0,20}:){1,3}\/\/)\S*$/i

/** Whether an expression brings no value of its own. */
function isLeftOpen(found: string): boolean {
  const fallback = /^\$\{[\w.]+:?[-=](.*)\}$/s.exec(found)?.[1]
  if (fallback !== undefined) return fallback === "" || isPlaceholder(fallback)
  if (!/^\$?\{\{/.test(found)) return true
  const literals = [...found.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, double, single]) => double ?? single ?? "")
  const code = found.replaceAll(/"[^"]*"|'[^']*'/g, "")
  // A message, the name of a variable and a key are literals, too.
  const isValue = /\|\||\b(?:default|coalesce|ternary|cat|printf?|println|or|else)\b/.test(code) || !/[\w.]/.test(code)
  return !isValue || literals.every((literal) => literal === "" || isPlaceholder(literal))
}

function holdsPassword(text: string): boolean {
  return passwordsIn(text).some((found) => !isFilledIn(found))
}

function passwordsIn(text: string): string[] {
  return passwordsInAddress.flatMap((pattern) => [...text.matchAll(pattern)].map(([, found = ""]) => found))
}

/** `dbPassword`, `API_KEY`, `client-secret`; other endings (`secretName`, `token_url`) are about a secret. */
function isSecretName(name: string): boolean {
  const parts = wordsOf(name)
  const last = parts.at(-1) ?? ""
  return secretWords.has(last) || secretPairs.has(parts.slice(-2).join(" "))
}

function wordsOf(name: string): string[] {
  return name
    .slice(0, 200)
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "")
}

/** A path or an address without a password is where a secret is, not what it is. */
function looksLikePlace(text: string): boolean {
  return /^(?:\.{0,2}\/|~\/|[a-z][a-z0-9+.-]*:\/\/)[^\s:@]*$/i.test(text)
}

function isRandom(text: string): boolean {
  if (text.length < entropyCharsMin || text.length > entropyCharsMax) return false
  if (uuid.test(text) || looksLikePlace(text)) return false
  if (/^[0-9a-f]+$/i.test(text))
    return text.length >= 32 && /\d/.test(text) && /[a-f]/i.test(text) && entropyOf(text) >= 3
  // Words with spaces, dots or dashes between them are prose, hosts and names.
  if (!/^[A-Za-z0-9+/_=-]+$/.test(text) || !/\d/.test(text) || !/[A-Z]/.test(text) || !/[a-z]/.test(text)) return false
  return entropyOf(text) >= 3.5 && longestWord(text) < 12
}

/** Bits per character, as Shannon counts them. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/** A run of small letters: in random text it is short. */
function longestWord(text: string): number {
  return Math.max(0, ...(text.match(/[a-z]+/g) ?? []).map(({ length }) => length))
}
