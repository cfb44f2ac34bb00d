import type { Client, Hub, Untyped } from '@chat/core'
import type { ExploreOptions, World } from '@chat/testing'

/** A cluster, and people who talk in two rooms, to everyone, and to each other. */
export interface Talk {
  readonly hubs: readonly Hub[]
  readonly clients: readonly Client[]
}

const rooms = ['#lobby', '#garden']
const people = ['alice', 'bob', 'carol', 'alice']

/** Makes the hubs and connects the people; every one of them listens to both rooms. */
export const cluster =
  (nodes: number) =>
  async (w: World): Promise<Talk> => {
    const options = {
      authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
      authorize: () => true,
    }
    const hubs = Array.from({ length: nodes }, () => w.hub(options))
    const clients: Client<Untyped>[] = []
    for (const name of people) {
      const client = await w.client(hubs, name)
      await Promise.all(rooms.map((room) => client.join(room).ready))
      clients.push(client)
    }
    return { hubs, clients }
  }

/** Everyone talks now and then, alone and in bursts, for about a minute and a half. */
export const talk: ExploreOptions<Talk>['workload'] = async (w, { clients }) => {
  for (let step = 0; step < 60; step++) {
    const client = clients[Math.floor(w.random() * clients.length)]
    const address = ['#lobby', '#garden', '*', '@alice', '@bob'][Math.floor(w.random() * 5)] ?? '*'
    const burst = w.random() < 0.2 ? 5 : 1
    for (let i = 0; i < burst; i++)
      client
        ?.to(address)
        .send('say', { step, i })
        .catch(() => {})
    await w.advance(Math.floor(w.random() * 3_000))
  }
}

/** Nobody is handed the same words twice: not even as two messages, which is what a repetition under another name would be. */
export const once: NonNullable<ExploreOptions<Talk>['check']> = (w, { clients }) => {
  for (const client of clients)
    for (const address of [...rooms, '*', `@${client.user}`]) {
      const said = w
        .seen<{ step: number; i: number }>(client, address)
        .map(({ data }) => `${data.step}.${data.i}`)
      const twice = said.find((words, at) => said.indexOf(words) !== at)
      w.invariant('once', () =>
        twice === undefined ? true : `${client.user} was told ${twice} in ${address} twice`,
      )
    }
}
