import {
  type Client,
  keepPositions,
  type Message,
  type Outbox,
  openOutbox,
  type Room,
  type Untyped,
} from '@chat/core'
import type { OutboxPage } from '@chat/testing'
import type { Simulation } from '../../src/world/simulation.ts'
import type { Cluster, SentMessage } from '../cluster/cluster.ts'
import { type Device, numberOf } from './device.ts'

/** Options of a page. */
export interface PageOptions {
  /** `true` when the page knows its user before the first connection. */
  readonly early: boolean
  /** `true` when the page saves its positions. */
  readonly places: boolean
}

/** A page of a browser: an outbox, its client, and what its screen shows. */
export class Page {
  ended = false
  readonly client: Client<Untyped>
  readonly outbox: Outbox
  /** Messages that this page has sent, and the user who has sent each; `null` for the user of the first connection. */
  readonly sent = new Map<SentMessage, string | null>()
  /** Ids of the messages that this page has received, by number. */
  readonly shown = new Map<number, string>()
  /** User with whose token the page connects. */
  user: string
  readonly #cluster: Cluster
  readonly #device: Device
  readonly #storage: OutboxPage
  /** User of the page's messages, before it is connected. */
  readonly #first: string | null

  constructor(cluster: Cluster, device: Device, user: string, { early, places }: PageOptions) {
    this.#cluster = cluster
    this.#device = device
    this.user = user
    this.#first = early ? user : null
    this.#storage = device.openOutbox()
    this.outbox = openOutbox(this.#storage, early ? { user } : {})
    const simulation = cluster.w as Simulation
    this.client = simulation.startClient(cluster.hubs, () => this.user, {
      outbox: this.outbox,
      ...(places ? { positions: keepPositions(device.positionsOf(this)) } : {}),
    })
    cluster.clients.push(this.client)
    this.client.on('$error', ({ error, subject }) => {
      if (subject === 'user') this.#rejoin()
      simulation.note(`a page of ${user} is told: ${error}`)
    })
    const undo = this.client.on('$status', ({ status }) => {
      if (status === 'connected') undo()
      const early = [...this.sent].filter(([, sender]) => sender === null)
      for (const [message] of early) this.sent.set(message, this.client.user)
    })
    this.#listen(this.client)
    this.#listen(this.client.join('#lobby'))
  }

  /** Sends a message with a new number. */
  send(address: string): void {
    if (this.ended || this.client.status === 'closed') return
    this.sent.set(this.#cluster.sendMessage(this.client, address), this.client.user ?? this.#first)
  }

  /**
   * Ends the page: its last positions are saved by a reload, and not by a crash. Bytes that are on their way arrive, or
   * are lost, or arrive late.
   */
  end(saved: boolean, bytes: 'arrive' | 'lost' | 'late'): void {
    const { clients, w } = this.#cluster
    if (!saved) this.ended = true
    this.#storage.crash()
    if (bytes === 'lost') w.link(this.client).cut()
    if (bytes === 'late') w.link(this.client).stall('3s', 'up')
    this.client.close()
    this.ended = true
    clients.splice(clients.indexOf(this.client), 1)
  }

  /** A change of the user has ended the rooms. */
  #rejoin(): void {
    this.#cluster.w.runtime('rejoin').defer(() => {
      if (!this.ended && this.client.status !== 'closed') this.#listen(this.client.join('#lobby'))
    })
  }

  #listen(source: Pick<Client<Untyped>, 'on'> | Pick<Room<Untyped>, 'on'>): void {
    const on = source.on.bind(source) as Room<Untyped>['on']
    on('$gap', ({ address }) => this.#device.withGap.add(`${this.client.user} ${address}`))
    on('say', (data, message) => message.durable && this.#handle(numberOf(data), message))
  }

  #handle(n: number, { address, id }: Message): void {
    this.shown.set(n, id)
    this.#device.noteHandled(this.client.user ?? '', address, n)
  }
}
