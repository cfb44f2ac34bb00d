import {
  type AddressText,
  type AnyContract,
  Client,
  type ClientOptions,
  type ClientTarget,
  type JoinOptions,
  type PresenceInput,
  type Room,
  type RoomAddress,
  readMessages,
  UncertainError,
} from '@chat/core'

/** Observer of the sends and joins of a client. */
export interface ClientObserver {
  /** Called before a join of an address that the client does not receive yet. */
  joinStarted(address: string): void
  /** Called after each call of `send`. */
  sendStarted(address: string): void
  /** Called when a send has settled, with the position and id of the message or the kind of failure. */
  sendSettled(address: string, outcome: { at: number; id: string } | 'refused' | 'uncertain'): void
}

/** The constructor of one return type, which a class can extend. */
const BaseClient = Client as unknown as {
  new <C extends AnyContract>(options: ClientOptions<C>): Client<C>
}

/** A client that reports its sends and joins to its world. */
export class WorldClient<C extends AnyContract> extends BaseClient<C> {
  readonly #observer: ClientObserver
  /** `true` when the client reads each log to its end, also where the application does not listen yet. */
  readonly #readsOn: boolean
  /** User whose inbox is read. */
  #reader: string | null = null

  constructor(options: ClientOptions<C>, observer: ClientObserver) {
    super(options)
    this.#observer = observer
    this.#readsOn = options.observe !== undefined
    if (this.#readsOn) this.on('$status', () => this.#readOwn())
  }

  override join<State = unknown>(
    address: RoomAddress,
    options: JoinOptions<State, PresenceInput<C>> = {},
  ): Room<C, State> {
    if (this.positions[address] === undefined) this.#observer.joinStarted(address)
    const room = super.join(address, options)
    const { send: observed } = this.to(address)
    const refuse = room.send.bind(room) as typeof observed
    const leave = (this.#readsOn ? this.#readRoom(address, room) : room).leave.bind(room)
    let left = false
    return Object.assign(room, {
      send: ((event, ...rest) => (left ? refuse : observed)(event, ...rest)) as typeof observed,
      leave: () => {
        left = true
        leave()
      },
    })
  }

  /** Reads a room besides the application, until the application leaves it. */
  #readRoom(address: RoomAddress, room: Pick<Room<C>, 'leave'>): Pick<Room<C>, 'leave'> {
    const own = super.join(address)
    for (const event of ['world', '$gap', '$snapshot'] as const) own.on(event as '$gap', () => {})
    const leave = room.leave.bind(room)
    return {
      leave: () => {
        leave()
        own.leave()
      },
    }
  }

  /** Reads `*` and the inbox besides the application. */
  #readOwn(): void {
    const { user } = this
    if (this.status !== 'connected' || user === this.#reader) return
    this.#reader = user
    readMessages(super.to('*'))
    readMessages(super.to(`@${user}`))
  }

  override to<A extends string>(address: AddressText<A>): ClientTarget<C> {
    const target = super.to(address)
    const { send } = target
    const observed: Pick<ClientTarget<C>, 'send'> = {
      send: (event, ...rest) => {
        const sent = send(event, ...rest)
        this.#observer.sendStarted(address)
        sent.then(
          ({ position, id }) => this.#observer.sendSettled(address, { at: position[1], id }),
          (error) =>
            this.#observer.sendSettled(address, error instanceof UncertainError ? 'uncertain' : 'refused'),
        )
        return sent
      },
    }
    return Object.assign(target, observed)
  }
}
