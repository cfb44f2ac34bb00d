import type { Cluster } from './cluster.ts'

/** No client receives the same data twice, also not as two messages, as after a repetition under another id. */
export function deliveredOnce(cluster: Cluster): void {
  for (const client of cluster.clients)
    for (const address of [...cluster.rooms, '*', `@${client.user}`]) {
      const told = cluster.receivedBy(client, address)
      const known = new Set<number>()
      const twice = told.find((n) => known.size === known.add(n).size)
      cluster.w.invariant(
        'once',
        () => twice === undefined || `${client.user} is told ${twice} in ${address} twice`,
      )
    }
}

/** Sends a last message of each client to each address, and checks that every client receives all of them. */
export async function everyMessageArrives(cluster: Cluster): Promise<void> {
  const { w, clients, rooms } = cluster
  const last = clients.flatMap((client) =>
    [...rooms, '*'].map((address) => cluster.sendMessage(client, address)),
  )
  await w.advance('20s')
  const mute = last.find(({ outcome }) => outcome !== 'stored')
  const deaf = clients.find((client) => {
    const heard = new Set([...rooms, '*'].flatMap((address) => cluster.receivedBy(client, address)))
    return last.some(({ n }) => !heard.has(n))
  })
  w.invariant('everyone is heard', () => {
    if (mute !== undefined)
      return `the last word of ${mute.client.user} to ${mute.address} is ${mute.outcome}`
    return deaf === undefined || `${deaf.user} (${deaf.status}) does not hear the last words`
  })
}

/** Checks that the hubs have exactly the sessions of the clients. */
export function sessionsMatchClients({ w, running, clients }: Cluster): void {
  const here = running.flatMap(({ sessions }) => sessions.map(({ id }) => id)).sort()
  const expected = clients.map(({ session }) => session ?? 'none').sort()
  w.invariant(
    'I13',
    () => here.join() === expected.join() || `the hubs have the sessions ${here}, the clients ${expected}`,
  )
}

/** Checks that no send was refused, as clients keep the limits of the welcome. */
export function nothingIsRefused({ w, sent }: Cluster): void {
  const fine: readonly (string | null)[] = ['stored', 'uncertain', 'cast', null]
  const refused = sent.find(({ outcome }) => !fine.includes(outcome))
  w.invariant('P-PB-6', () => refused === undefined || `a send was refused: ${refused.outcome}`)
}

/**
 * Checks that a send was refused only where its order could not be kept: a later send of its client to the
 * address is stored.
 */
export function refusedOnlyForOrder({ w, sent }: Cluster): void {
  const refused = sent.filter(({ outcome }) => outcome === 'rate_limited')
  const lost = refused.find(
    ({ n, client, address }) =>
      !sent.some(
        (other) =>
          other.n > n && other.client === client && other.address === address && other.outcome === 'stored',
      ),
  )
  w.invariant(
    'P-PB-11',
    () => lost === undefined || `send ${lost.n} was refused, and none was stored after it`,
  )
  w.invariant('P-PB-11', () => refused.length <= sent.length / 20 || `${refused.length} sends were refused`)
}

/** Checks that no client is told of a diverged log, in a run without rollbacks. */
export function noLogDiverges(cluster: Cluster): void {
  const { w, clients, rooms } = cluster
  for (const client of clients)
    for (const address of [...rooms, '*', `@${client.user}`]) {
      const told = w.gaps(client, address).some(({ reason }) => reason === 'diverged')
      w.invariant(
        'P-ST-2',
        () => !told || `${client.user} is told that ${address} has diverged, and no log has`,
      )
    }
}

/** Checks the conditions that hold in every search. */
export async function commonChecks(cluster: Cluster): Promise<void> {
  sessionsMatchClients(cluster)
  await everyMessageArrives(cluster)
  deliveredOnce(cluster)
}
