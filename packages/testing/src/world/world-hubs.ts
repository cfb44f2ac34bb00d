import type { AnyContract, Hub, HubOptions, User } from '@chat/core'
import type { MemoryBackplane } from '@chat/core/memory'
import type { Actor } from '../time/actor.ts'
import { type Duration, milliseconds } from '../time/duration.ts'
import { GatedConnection } from './gated-connection.ts'
import type { AnyHub, World } from './world.ts'
import { WorldHub } from './world-hub.ts'
import type { Ground } from './world-services.ts'

/** One run of a hub, from its start to its crash. */
interface Incarnation<H> {
  readonly hub: H
  readonly actor: Actor
  readonly backplane: MemoryBackplane | null
}

interface Slot {
  readonly name: string
  /** The hub as the scenario knows it, whatever incarnation runs now. */
  readonly first: AnyHub
  readonly make: () => Incarnation<AnyHub>
  now: Incarnation<AnyHub>
}

/**
 * The hubs of a world, each with those that came after it under its name.
 *
 * @internal
 */
export class WorldHubs {
  readonly #ground: Ground
  readonly #slots: Slot[] = []
  #closing = false

  constructor(ground: Ground) {
    this.#ground = ground
  }

  get all(): readonly unknown[] {
    return this.#slots
  }

  start<C extends AnyContract, U extends User>(
    options: HubOptions<C, U>,
    setup: (hub: Hub<C, U>) => void,
  ): Hub<C, U> {
    const name = `hub-${this.#slots.length + 1}`
    let count = 0
    const make = (): Incarnation<Hub<C, U>> => this.#incarnate(name, ++count, { options, setup })
    this.#ground.attendance.declare(options)
    const now = make()
    this.#slots.push({ name, first: now.hub, make, now })
    return now.hub
  }

  /** What the network calls a hub. */
  nameOf(hub: AnyHub): string {
    return this.#slot(hub).name
  }

  at(index: number): AnyHub | null {
    return this.#slots[index % this.#slots.length]?.now.hub ?? null
  }

  crash(hub: AnyHub, { restart, seen = 0 }: NonNullable<Parameters<World['crash']>[1]>): void {
    const { chance, network, verdict } = this.#ground
    const slot = this.#slot(hub)
    const { actor, backplane } = slot.now
    if (actor.dead) return
    verdict.note(`fault: ${slot.name} crashes`)
    actor.kill()
    this.#ground.attendance.crashed(slot.now.hub as Hub)
    if (backplane !== null) this.#ground.backplane.crash(backplane)
    network.crash(slot.name, seen === null ? null : milliseconds(seen))
    if (restart !== undefined) chance.timer(milliseconds(restart), () => this.#restart(slot))
  }

  pause(hub: AnyHub, duration: Duration): void {
    const { now, name } = this.#slot(hub)
    const { chance, silence, verdict } = this.#ground
    verdict.note(`fault: ${name} pauses for ${duration}`)
    now.actor.pause()
    const end = silence.begin(chance.now())
    chance.timer(milliseconds(duration), () => {
      end(chance.now())
      now.actor.resume()
    })
  }

  skew(hub: AnyHub, rate: number, duration: Duration): void {
    const { now, name } = this.#slot(hub)
    this.#ground.verdict.note(`fault: the clock of ${name} runs at ${rate} for ${duration}`)
    now.actor.skew(rate)
    this.#ground.chance.timer(milliseconds(duration), () => now.actor.skew(1))
  }

  /** All of them run again. */
  recover(): void {
    for (const slot of this.#slots) {
      slot.now.actor.skew(1)
      slot.now.actor.resume()
      this.#restart(slot)
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    const alive = this.#slots.filter(({ now }) => !now.actor.dead)
    await Promise.all(alive.map(({ now }) => (now.hub as Hub).close({ deadline: 1 })))
  }

  #incarnate<C extends AnyContract, U extends User>(
    name: string,
    count: number,
    made: { readonly options: HubOptions<C, U>; readonly setup: (hub: Hub<C, U>) => void },
  ): Incarnation<Hub<C, U>> {
    const ground = this.#ground
    const actor = ground.time.actor(`${name}.${count}`)
    const backplane = made.options.backplane === undefined ? ground.backplane.connect(actor) : null
    const hub = new WorldHub<C, U>(
      {
        runtime: actor.runtime,
        ...(backplane === null ? {} : { backplane }),
        ...ground.authorisation.watch(made.options),
      },
      ground.authorisation,
    )
    ground.attendance.started(hub as unknown as Hub)
    made.setup(hub)
    ground.network.listen(name, {
      subprotocols: hub.subprotocols,
      accept: (connection, handshake) =>
        actor.run(() => hub.accept(new GatedConnection(connection, actor), handshake)),
    })
    if (backplane !== null) ground.backplane.belongs(backplane, hub)
    return { hub, actor, backplane }
  }

  #restart(slot: Slot): void {
    if (this.#closing || !slot.now.actor.dead) return
    this.#ground.verdict.note(`${slot.name} starts again`)
    slot.now = slot.make()
  }

  #slot(hub: AnyHub): Slot {
    const slot = this.#slots.find(({ now, first }) => now.hub === hub || first === hub)
    if (slot === undefined) throw new RangeError('unable to find the hub: it is not of this world')
    return slot
  }
}
