import type { SuiteTiming } from '../poller.ts'
import type { WireLimits } from './frames.ts'
import type { ProtocolSocket } from './socket.ts'

/**
 * Abilities that a hub under test, its policy or the WebSockets to it may lack. Each lack leaves out the
 * cases that need the ability.
 */
export type ProtocolLack =
  /** The WebSockets stop reading: {@link ProtocolSocket.pause}. */
  | 'pause'
  /** Transmissions can be binary, so that the hub can refuse them. */
  | 'binary'
  /**
   * The WebSockets can close with 1001, as browsers do for a page that is left; `close` of a browser cannot.
   */
  | 'goingAway'
  /** Rooms tell their members. */
  | 'presence'
  /** Users may send to `*`. */
  | 'everyone'
  /** Users may send to other users: `@user`. */
  | 'users'
  /** The policy refuses a room: {@link ProtocolHarness.forbiddenRoom}. */
  | 'forbiddenRoom'
  /** A hub can be ended: {@link ProtocolHarness.startAnother}. */
  | 'startAnother'
  /** The hub has a call that waits: {@link ProtocolHarness.pendingCall}. */
  | 'pendingCall'
  /** The hub can be made to ask: {@link ProtocolHarness.ask}. */
  | 'ask'
  /** The hub can be made to write a stream: {@link ProtocolHarness.stream}. */
  | 'stream'
  /** Clients can write a stream: {@link ProtocolHarness.clientStream}. */
  | 'clientStream'

/** A user, and the token by which the hub knows the user. */
export interface ProtocolUser {
  /** Id that the hub gives the user. */
  readonly id: string
  /** Token for `hello` and `auth`. */
  readonly token: string
}

/** Numbers of a `welcome`. */
export interface ExpectedWelcome {
  /** Milliseconds of silence after which the hub sends a `ping`. */
  readonly heartbeat?: number
  /** Milliseconds in which a `ping` is to be answered. */
  readonly grace?: number
  /** Limits that the hub has to tell. */
  readonly limits?: Partial<WireLimits>
}

/** A stream that the hub writes. */
export interface StreamUnderTest {
  /** Address of the stream. */
  readonly address: string
  /** Writes a part, and resolves when it is stored. */
  write(part: string): Promise<unknown>
  /** Ends the stream as `done`, and resolves when its result is stored. */
  end(): Promise<unknown>
}

/** A hub that the suite may end. */
export interface EndableHub {
  /** Opens a WebSocket to this hub. */
  dial(protocols: readonly string[]): ProtocolSocket
  /** Asks the hub to end, and resolves when it has ended. */
  end(): Promise<void>
}

/**
 * A hub as the suite tests it: any implementation, in any language, behind a WebSocket.
 *
 * The hub has to let users join, read, send to and cast to every room (`#…`) and to take every event with
 * every JSON value as data. It has no handlers for the calls of the suite, such as `nobody` and `e`, except
 * for {@link ProtocolHarness.pendingCall}. The suite uses users and rooms of its own, so that the hub may serve other users meanwhile; to everyone (`*`)
 * it sends a few messages.
 */
export interface ProtocolHarness extends Pick<SuiteTiming, 'deadline' | 'quiet'> {
  /** Name of the hub under test, for titles. */
  readonly name: string
  /** Opens a WebSocket to the hub. An empty list offers no subprotocol. */
  dial(protocols: readonly string[]): ProtocolSocket
  /**
   * Makes a user that no case has used before. Default: 18 characters of `[A-Za-z0-9-]`, which are the user's
   * id and token.
   */
  newUser?(): ProtocolUser
  /** Tokens that the hub refuses; `undefined` stands for no token. At least one. */
  readonly refusedTokens: readonly (string | undefined)[]
  /** A room that the policy refuses to every user, such as `#staff`. */
  readonly forbiddenRoom?: string
  /** Numbers that the `welcome` has to tell. Default: every number is taken as the hub tells it. */
  readonly welcome?: ExpectedWelcome
  /** Milliseconds until a connection without `hello` is closed. Default: 5000. */
  readonly helloTimeout?: number
  /** Resumes of a session: so many at once, and so many per second. Default: 10 and 1. */
  readonly resumes?: { readonly burst: number; readonly rate: number }
  /** Name of a call whose handler returns only once its signal is aborted, such as `pending`. */
  readonly pendingCall?: string
  /** Makes the hub ask all sessions of a user, and wait so many milliseconds for the first answer. */
  ask?(user: string, timeout: number): void
  /** Makes the hub open a stream of a text at an address, with this beginning. */
  stream?(address: string, start: string): Promise<StreamUnderTest>
  /** Name of a stream of texts that every client may open, and that no part of the hub listens to. */
  readonly clientStream?: string
  /** Starts another hub, for the case that ends it. */
  startAnother?(): Promise<EndableHub>
  /** Abilities that are missing, with the reason, which titles show. */
  readonly lacks?: Readonly<Partial<Record<ProtocolLack, string>>>
  /** Cases that cannot pass here, by title, with the reason, which titles show. */
  readonly skip?: Readonly<Record<string, string>>
}
