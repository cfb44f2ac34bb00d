import { Random } from '@chat/testing'
import { expect, test } from 'vitest'
import { minute, TwoPaths } from './support/two-paths.ts'

const seeds = Array.from({ length: 10 }, (_, i) => i + 1)

test.each(seeds)(
  'with faults on both transports, every message arrives in order and once (seed %i)',
  async (seed) => {
    const random = new Random(seed, 'chaos')
    const paths = new TwoPaths()
    const { client, heard } = await paths.enter()
    const wanted = paths.watcher()
    await paths.time.advance(1_000)
    const outcomes = new Map<string, string>()
    const talk = (i: number): void => {
      void paths.hub.to('#lobby').send('say', `hub ${i}`)
      client
        .to('#lobby')
        .send('say', `page ${i}`)
        .then(
          () => outcomes.set(`page ${i}`, 'ok'),
          ({ code }) => outcomes.set(`page ${i}`, code),
        )
    }
    const way = () => paths[random.below(2) === 0 ? 'webSocket' : 'http']
    const events: (() => void)[] = [
      () => way().refuse(true),
      () => way().refuse(false),
      () => way().hold(random.below(2) === 0 ? 'up' : 'down'),
      () => way().restore(),
      () => way().reset({ client: random.below(500), hub: random.below(500) }),
      () => way().reset({ client: 0, hub: null }),
      () => way().cut(),
      () => paths.webSocket.restore(),
    ]

    for (let i = 0; i < 60; i++) {
      talk(i)
      events[random.below(events.length)]?.()
      await paths.time.advance(random.below(10) === 0 ? minute : random.below(4_000))
      talk(1_000 + i)
    }
    paths.webSocket.restore()
    paths.http.restore()
    await paths.time.advance(40 * minute)

    expect(client.status).toBe('connected')
    expect(paths.open).toEqual(['webSocket'])
    expect(heard).toEqual(wanted)
    expect(new Set(wanted).size).toBe(wanted.length)
    for (const [text, outcome] of outcomes) {
      if (outcome === 'ok') expect(wanted).toContain(text)
      else expect([text, outcome]).toEqual([text, 'uncertain'])
    }
    expect([outcomes.size, wanted.filter((text) => String(text).startsWith('hub')).length]).toEqual([
      120, 120,
    ])
  },
)
