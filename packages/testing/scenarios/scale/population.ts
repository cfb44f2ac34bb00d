import { Client } from '@chat/core'
import type { MemoryLink } from '@chat/core/memory'
import { connected, type ScaleCluster } from './scale-cluster.ts'

/** Rooms of a session that are not the room of all. */
const ownRooms = 4
/** Room that every session has joined. */
export const commonRoom = '#common'

/** A session of a population. */
interface Member {
  readonly client: Client
  readonly link: MemoryLink
  /** Connections that were welcomed so far. */
  connections: number
  messages: number
  gaps: number
}

/**
 * Clients of the SDK, each with five rooms: one that all have joined, and four that each shares with nine
 * others.
 */
export class Population {
  /** Connects clients through the load balancer, which join their rooms. */
  static async connect(cluster: ScaleCluster, size: number): Promise<Population> {
    const population = new Population(cluster)
    for (let i = 0; i < size; i++) population.#add(i)
    for (const { client } of population.#members) await cluster.until(connected(client))
    await cluster.time.settle()
    return population
  }

  readonly #cluster: ScaleCluster
  readonly #members: Member[] = []

  private constructor(cluster: ScaleCluster) {
    this.#cluster = cluster
  }

  /** Connections that were welcomed so far, those of the start included. */
  get connections(): number {
    return this.#members.reduce((sum, { connections }) => sum + connections, 0)
  }

  /** Messages that the clients have received in the common room. */
  get messages(): number {
    return this.#members.reduce((sum, { messages }) => sum + messages, 0)
  }

  /** Gaps that the clients were told of. */
  get gaps(): number {
    return this.#members.reduce((sum, { gaps }) => sum + gaps, 0)
  }

  /** `true` when every client is connected. */
  get allConnected(): boolean {
    return this.#members.every(({ client }) => client.status === 'connected')
  }

  /** Cuts every connection at both ends. */
  cutAll(): void {
    for (const { link } of this.#members) link.reset({ client: 0, hub: 0 })
  }

  #add(index: number): void {
    const { dial, link } = this.#cluster.linkedBalancer()
    const runtime = this.#cluster.time.runtime(`client-${index}`)
    const client = new Client({ dial, token: `user-${index}`, runtime })
    const member = { client, link, connections: 0, messages: 0, gaps: 0 }
    client.on('$status', ({ status }) => {
      if (status === 'connected') member.connections++
    })
    client.on('$gap', () => {
      member.gaps++
    })
    client.join(commonRoom).on('say', () => {
      member.messages++
    })
    for (let room = 0; room < ownRooms; room++) client.join(`#room-${room}-${Math.floor(index / 10)}`)
    this.#members.push(member)
  }
}
