import { runSlot } from "../core/run-memory.ts"
import { type Identity } from "./age/identity.ts"
import { type Effort, reaches, type KeyContext, type SearchedPlace } from "./provider.ts"
import { type Loaded, type IdentitySource, identitySources } from "./identity-sources.ts"

/** An identity, and where it was found. */
interface Held {
  readonly identity: Identity
  readonly place: string
}

export interface Looked extends SearchedPlace {
  readonly kind: IdentitySource["kind"]
  readonly isDefault: boolean
  /** How many there are. */
  readonly identities: number
  /** The reasons in upstream's words. */
  readonly upstream: readonly string[]
}

/** The identities of this user, loaded as they are needed and once for the whole run. */
interface Ring {
  /**
   * The identities for one recipient that the effort reaches, in the order in which they are to be tried: silent ones
   * first, age before SSH, whatever asks the user last. What comes later is not even loaded before it is asked for.
   */
  identities(recipient: string, context: KeyContext): AsyncGenerator<Held, void>
  /** Remembers that an identity could not be used, for `places`. */
  fail(place: string, reason: string): void
  /** Everything that was looked at for a recipient. */
  places(recipient: string, context: KeyContext): Promise<Looked[]>
}

const rings = runSlot<Ring>()

/** The ring of this run: it hangs on the session of the context. */
export function ringOf({ session }: KeyContext): Ring {
  return rings.of(session, newRing)
}

function newRing(): Ring {
  const loads = new Map<string, Promise<Loaded>>()
  const failures = new Map<string, Set<string>>()
  let all: readonly IdentitySource[] | null = null
  const inOrder = new Map<Effort, readonly IdentitySource[]>()

  const sourcesFor = (context: KeyContext): readonly IdentitySource[] => {
    all ??= identitySources(context)
    return all.filter(({ effort }) => reaches(context.effort, effort))
  }
  const orderFor = (context: KeyContext): readonly IdentitySource[] => {
    const known = inOrder.get(context.effort) ?? byOrderOfTrial(sourcesFor(context))
    inOrder.set(context.effort, known)
    return known
  }
  const load = (source: IdentitySource, recipient: string, context: KeyContext): Promise<Loaded> => {
    const key = source.isPerRecipient ? `${source.place} ${recipient}` : source.place
    const known = loads.get(key) ?? source.load(recipient, context)
    loads.set(key, known)
    return known
  }

  return {
    async *identities(recipient, context) {
      const later: Held[] = []
      for (const source of orderFor(context)) {
        for (const identity of (await load(source, recipient, context)).identities) {
          if (identity.bother === 0) yield { identity, place: source.place }
          else if (reaches(context.effort, "any")) later.push({ identity, place: source.place })
        }
      }
      yield* later.sort((a, b) => a.identity.bother - b.identity.bother)
    },

    fail(place, reason) {
      const reasons = failures.get(place) ?? new Set()
      failures.set(place, reasons.add(reason))
    },

    async places(recipient, context) {
      const looked = sourcesFor(context).map(async (source): Promise<Looked> => {
        const { state, identities, reasons, upstream } = await load(source, recipient, context)
        const known = await Promise.all(identities.map((identity) => identity.recipient()))
        const later = [...(failures.get(source.place) ?? [])]
        return {
          name: source.place,
          kind: source.kind,
          isDefault: source.isDefault,
          state,
          identities: identities.length,
          holds: known.filter((name) => name !== null),
          reasons: [...reasons, ...later],
          upstream: [...upstream, ...later],
        }
      })
      return Promise.all(looked)
    },
  }
}

/** Commands last, since they may ask for something; then age before SSH, as age itself tries them. */
function byOrderOfTrial(sources: readonly IdentitySource[]): IdentitySource[] {
  const rank = ({ effort, kind }: IdentitySource): number => (effort === "silent" ? 0 : 2) + (kind === "age" ? 0 : 1)
  return [...sources].sort((a, b) => rank(a) - rank(b))
}
