import { type Recipient } from "../../core/recipient.ts"
import { AppError } from "../../errors/app-error.ts"
import { socketPlace } from "../../host/private-socket.ts"
import { addressError, addressText, type Address, isLoopback, tcpAddress } from "../../keys/keyservice/address.ts"
import { answer, isListening, type KeyServer, listen } from "../../keys/keyservice/server.ts"
import { keyContext } from "../machine.ts"
import { type Outcome, type Session } from "../session.ts"
import { recipientName } from "../../keys/kinds.ts"

interface KeyServiceOptions {
  /** `undefined`: a socket, and as `sops` TCP. */
  readonly network: "unix" | "tcp" | undefined
  readonly address: string | undefined
  readonly prompt: boolean
  /** Whom to ask; by default the person at the terminal. */
  readonly confirm?:
    ((request: { readonly isWrap: boolean; readonly recipient: string }) => Promise<boolean>) | undefined
}

/** Upstream's own. */
const defaultAddress = "127.0.0.1:5000"

/**
 * `keyservice`: lets others wrap and unwrap with the keys of this user, until a signal ends it. By default nobody but
 * this user can reach it (security rule S14).
 *
 * @throws {AppError} `KEYSERVICE_ADDRESS`, `KEYSERVICE_LISTEN`
 */
export async function serveKeys(session: Session, options: KeyServiceOptions): Promise<Outcome> {
  const network = options.network ?? session.dialect.keyService.network
  return network === "tcp" ? serveTcp(session, options) : serveUnix(session, options)
}

async function serveTcp(session: Session, options: KeyServiceOptions): Promise<Outcome> {
  const text = options.address ?? defaultAddress
  const address = tcpAddress(text)
  if (address?.network !== "tcp") throw addressError(text, "it is HOST:PORT")
  if (!isLoopback(address.host)) {
    throw addressError(text, "it is not on this machine only, and everybody who can reach it could use your keys")
  }
  if (session.dialect.warns) session.notice("every user of this machine can use your keys while this runs")
  await serve(session, options, address)
  return {}
}

async function serveUnix(session: Session, options: KeyServiceOptions): Promise<Outcome> {
  const place = socketPlace(session.io, options.address, { isFolderFree: session.dialect.keyService.takesAnyFolder })
  const address: Address = { network: "unix", path: place.path }
  if (place.isTaken) {
    if (await isListening(address)) {
      throw new AppError(
        "KEYSERVICE_LISTEN",
        {},
        { subject: `${addressText(address)}: something is listening there already` },
      )
    }
    place.clear()
  }
  try {
    await serve(session, options, address, () => place.guard())
  } finally {
    place.remove()
  }
  return {}
}

async function serve(
  session: Session,
  { prompt, confirm }: KeyServiceOptions,
  address: Address,
  guard: () => void = () => undefined,
): Promise<void> {
  const context = keyContext(session, [])
  const permit = prompt ? asking(confirm ?? onTerminal(session)) : () => Promise.resolve(true)
  const stopped = untilSignal(session)
  const server: KeyServer = await listen(address, (question) => answer(question, { context, permit }))
  try {
    guard()
    const place = addressText(server.address)
    const text = `Listening on ${place}`
    if (session.dialect.keyService.tells === "log") session.log?.({ level: "info", logger: "KEYSERVICE", text })
    else session.notice(`listening on ${place}; clients find it with SOPS_KEYSERVICE=${place}`)
    await stopped
  } finally {
    await server.close()
  }
}

interface Request {
  readonly isWrap: boolean
  readonly recipient: Recipient
}

/** Without a terminal nobody can say yes. */
function onTerminal({ io }: Session): NonNullable<KeyServiceOptions["confirm"]> {
  return async ({ isWrap, recipient }) => {
    const what = isWrap ? `wrap a data key for ${recipient}` : `unwrap a data key with ${recipient}`
    return (await io.terminal.confirm(`A client asks to ${what}. Do it?`)) === true
  }
}

/** One question at a time. */
function asking(confirm: NonNullable<KeyServiceOptions["confirm"]>): (question: Request) => Promise<boolean> {
  let last: Promise<unknown> = Promise.resolve()
  return ({ isWrap, recipient }) => {
    const mine = last.then(() => confirm({ isWrap, recipient: recipientName(recipient) }))
    last = mine.catch(() => undefined)
    return mine
  }
}

function untilSignal({ io, end }: Session): Promise<void> {
  return new Promise((resolve) => {
    const release = io.signals.take(["SIGINT", "SIGTERM"], () => {
      release()
      resolve()
    })
    end.whenOver(() => {
      release()
      resolve()
    })
  })
}
