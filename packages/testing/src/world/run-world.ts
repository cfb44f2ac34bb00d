import { checkCallback } from './check-callback.ts'
import { checkWorldOptions, type WorldOptions } from './options.ts'
import { Simulation } from './simulation.ts'
import type { World } from './world.ts'

/**
 * Runs a scenario in a world of its own: hubs, clients and the network between them in memory, under virtual
 * time. Afterwards all hubs and clients are closed, and the invariants of delivery are checked.
 *
 * ```ts
 * test('bob catches up after a tunnel', () =>
 *   world({ seed: 7 }, async (w) => {
 *     const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
 *     const [alice, bob] = [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
 *     await bob.join('#general').ready
 *     w.link(bob).cut('45s')
 *     for (let i = 0; i < 20; i++) await alice.to('#general').send('say', { i })
 *     await w.advance('60s')
 *     expect(w.seen(bob, '#general')).toHaveLength(20)
 *   }))
 * ```
 *
 * @throws InvariantError when an invariant does not hold; GuardError when code under test has used a real
 *   clock, timer or random source; UsageError when an option does not exist
 *   or has a wrong value, or the scenario is no function; the scenario's own error.
 */
export async function world(
  options: WorldOptions,
  scenario: (w: World) => Promise<void> | void,
): Promise<void> {
  checkWorldOptions(options)
  checkCallback('run the world', scenario, 'world(options, (w) => { … })')
  const simulation = new Simulation(options)
  await simulation.run(scenario)
  simulation.throwViolations()
}
