import type { AnyContract, Hub, HubOptions, User } from '@chat/core'
import type { MemoryBackplane } from '@chat/core/memory'
import type { AnyHub } from '../faults/any-hub.ts'
import type { Actor } from '../time/actor.ts'
import { type Duration, milliseconds, readable } from '../time/duration.ts'
import { GatedConnection } from './gated-connection.ts'
import { WorldHub } from './world-hub.ts'
import type { WorldServices } from './world-services.ts'

/** A run of a hub, from its start to its crash. */
interface Incarnation<H> {
  readonly hub: H
  readonly actor: Actor
  readonly backplane: MemoryBackplane | null
}

/** Options of a crash. */
interface CrashOptions {
  readonly restart?: Duration | undefined
  readonly seen?: Duration | null | undefined
}

/** A hub of a world, with the incarnation that runs at the moment. */
export interface HubSlot {
  readonly name: string
  /** First incarnation: the hub that the scenario holds. */
  readonly first: AnyHub
  readonly startIncarnation: () => Incarnation<AnyHub>
  current: Incarnation<AnyHub>
}

/** The hubs of a world, with the incarnations after their crashes. */
export class WorldHubs {
  readonly #services: WorldServices
  readonly #slots: HubSlot[]
  #closing = false

  /** Makes the hubs of a world; `slots` is the list to which each new hub is added. */
  constructor(services: WorldServices, slots: HubSlot[]) {
    this.#services = services
    this.#slots = slots
  }

  /** Starts a hub. `setup` is called with each incarnation. */
  startHub<C extends AnyContract, U extends User>(
    options: HubOptions<C, U>,
    setup: (hub: Hub<C, U>) => void,
  ): Hub<C, U> {
    const name = `hub-${this.#slots.length + 1}`
    let count = 0
    const startIncarnation = (): Incarnation<Hub<C, U>> => this.#incarnate(name, ++count, { options, setup })
    this.#services.presence.addHubOptions(options)
    const current = startIncarnation()
    this.#slots.push({ name, first: current.hub, startIncarnation, current })
    return current.hub
  }

  /** Returns the name of a hub on the network. */
  nameOf(hub: AnyHub): string {
    return this.#slot(hub).name
  }

  /** Returns the running hub at an index, modulo their number; `null` for a world without hubs. */
  hubAt(index: number): AnyHub | null {
    return this.#slots[index % this.#slots.length]?.current.hub ?? null
  }

  /** Ends a hub as a crash does, and starts it again after `restart`. */
  crashHub(hub: AnyHub, { restart, seen = 0 }: CrashOptions): void {
    const { runtime, network, report } = this.#services
    const slot = this.#slot(hub)
    const { actor, backplane } = slot.current
    if (actor.dead) return
    for (const duration of [restart, seen]) if (duration != null) readable(duration)
    report.note(`fault: ${slot.name} crashes`)
    actor.kill()
    this.#services.presence.hubCrashed(slot.current.hub as Hub)
    if (backplane !== null) this.#services.backplane.crashNode(backplane)
    network.crash(slot.name, seen === null ? null : milliseconds(seen))
    if (restart !== undefined) runtime.timer(milliseconds(restart), () => this.#restart(slot))
  }

  /** Blocks the event loop of a hub. */
  pauseHub(hub: AnyHub, duration: Duration): void {
    const { current, name } = this.#slot(hub)
    const { runtime, missedRenewals, report } = this.#services
    report.note(`fault: ${name} pauses for ${readable(duration)}`)
    current.actor.pause()
    const end = missedRenewals.beginSpan(runtime.now())
    runtime.timer(milliseconds(duration), () => {
      end(runtime.now())
      current.actor.resume()
    })
  }

  /** Changes the speed of a hub's clock for a while. */
  skewHub(hub: AnyHub, rate: number, duration: Duration): void {
    const { current, name } = this.#slot(hub)
    this.#services.report.note(`fault: the clock of ${name} runs at ${rate} for ${readable(duration)}`)
    current.actor.skew(rate)
    this.#services.runtime.timer(milliseconds(duration), () => current.actor.skew(1))
  }

  /** Sets the wall clock of a hub wrong for a while. */
  shiftClock(hub: AnyHub, ahead: number, duration: Duration): void {
    const { current, name } = this.#slot(hub)
    this.#services.report.note(
      `fault: the wall clock of ${name} is ${ahead} ms ahead for ${readable(duration)}`,
    )
    current.actor.shiftWallClock(ahead)
    this.#services.runtime.timer(milliseconds(duration), () => current.actor.shiftWallClock(0))
  }

  /** Ends all faults of hubs, and starts crashed hubs again. */
  recoverAll(): void {
    for (const slot of this.#slots) {
      slot.current.actor.skew(1)
      slot.current.actor.shiftWallClock(0)
      slot.current.actor.resume()
      this.#restart(slot)
    }
  }

  /** Closes all hubs that run. */
  async closeAll(): Promise<void> {
    this.#closing = true
    const alive = this.#slots.filter(({ current }) => !current.actor.dead)
    await Promise.all(alive.map(({ current }) => (current.hub as Hub).close({ deadline: 1 })))
  }

  #incarnate<C extends AnyContract, U extends User>(
    name: string,
    count: number,
    made: { readonly options: HubOptions<C, U>; readonly setup: (hub: Hub<C, U>) => void },
  ): Incarnation<Hub<C, U>> {
    const services = this.#services
    const actor = services.time.actor(`${name}.${count}`)
    const backplane = made.options.backplane === undefined ? services.backplane.connectNode(actor) : null
    const hub = new WorldHub<C, U>(
      {
        runtime: actor.runtime,
        ...(backplane === null ? {} : { backplane }),
        ...services.authorisation.watchPolicy(made.options),
      },
      services.authorisation,
    )
    services.presence.hubStarted(hub as unknown as Hub)
    made.setup(hub)
    services.network.listen(name, {
      subprotocols: hub.subprotocols,
      accept: (connection, handshake) =>
        actor.run(() => hub.accept(new GatedConnection(connection, actor), handshake)),
    })
    if (backplane !== null) services.backplane.assignHub(backplane, hub)
    return { hub, actor, backplane }
  }

  #restart(slot: HubSlot): void {
    if (this.#closing || !slot.current.actor.dead) return
    this.#services.report.note(`${slot.name} starts again`)
    slot.current = slot.startIncarnation()
  }

  #slot(hub: AnyHub): HubSlot {
    const slot = this.#slots.find(({ current, first }) => current.hub === hub || first === hub)
    if (slot === undefined)
      throw new RangeError('unable to find the hub: it belongs to another world; pass a hub of w.hub()')
    return slot
  }
}
