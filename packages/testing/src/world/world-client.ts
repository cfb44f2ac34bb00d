import {
  type AnyContract,
  Client,
  type ClientOptions,
  type ClientTarget,
  type JoinOptions,
  type Room,
  UncertainError,
} from '@chat/core'

/** What a world is told of what its clients do. */
export interface ClientWitness {
  started(address: string): void
  sending(address: string): void
  /** How a send ended: with its place, or not. */
  sent(address: string, outcome: { at: number; id: string } | 'refused' | 'uncertain'): void
}

/**
 * A client whose sends and joins a world sees: in everything else an ordinary one.
 *
 * @internal
 */
export class WorldClient<C extends AnyContract> extends Client<C> {
  readonly #witness: ClientWitness

  constructor(options: ClientOptions<C>, witness: ClientWitness) {
    super(options)
    this.#witness = witness
  }

  override join<State = unknown>(address: string, options: JoinOptions<State> = {}): Room<C, State> {
    if (this.positions[address] === undefined) this.#witness.started(address)
    const room = super.join(address, options)
    const send = this.to(address).send
    return Object.assign(room, { send })
  }

  override to(address: string): ClientTarget<C> {
    const target = super.to(address)
    return {
      send: (event, data, options) => {
        const sent = target.send(event, data, options)
        this.#witness.sending(address)
        sent.then(
          ({ position, id }) => this.#witness.sent(address, { at: position[1], id }),
          (error) => this.#witness.sent(address, error instanceof UncertainError ? 'uncertain' : 'refused'),
        )
        return sent
      },
      cast: target.cast,
    }
  }
}
