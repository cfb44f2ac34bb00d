import { expect } from 'vitest'
import { attack } from '../attack.ts'

const clients = 50

attack(
  'fifty clients that come back and ask for 15 MB each (S-22)',
  { heap: 512, keeps: 32, peak: 160 },
  async (scene) => {
    await scene.fill({ address: '#long', count: 250, bytes: 60_000 })
    const first = await scene.intruder({ hello: { streams: { '#long': null } } })
    const epoch = first.welcome?.streams['#long']?.epoch ?? ''
    const since = { '#long': [epoch, 0, null] }
    await scene.mark()
    const all = await scene.intruders(clients, (i) => ({ user: `back-${i}`, hello: { streams: since } }))
    const complete = (): boolean => all.every((each) => each.count('msg') >= 250 || each.closed !== null)
    for (let waited = 0; !complete() && waited < 60_000; waited += 100) await scene.goesOn(100)
    scene.note({ clients, 'MB each': 15 })
    expect(
      all.every((each) => each.count('msg') >= 250),
      'all have their replay',
    ).toBe(true)
  },
)
