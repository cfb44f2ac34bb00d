import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from './support/offline.ts'

const seeds = Array.from({ length: 12 }, (_, n) => n + 1)

test.each(seeds)(
  'P-PB-4: a message that was refused for the rate stays before the later ones (seed %i)',
  (seed) =>
    world({ seed }, async (w) => {
      const { open, stored } = startDisk(w, { rate: 4, burst: 4 })
      const { client } = await open()
      const other = await open()
      await w.advance('5s')
      const texts = Array.from({ length: 12 }, (_, n) => `${n}`)
      for (const text of texts) {
        sendText(client, text)
        sendText(other.client, `other ${text}`)
      }
      await w.advance('1m')
      // A refused message whose successor is stored already is rejected (P-PB-11).
      const own = (await stored()).map(Number).filter((n) => !Number.isNaN(n))
      expect(own).toEqual([...own].sort((a, b) => a - b))
      expect(own.length).toBeGreaterThan(3)
    }),
)

test('P-PB-9: a message waits while the log is asked for an earlier message to its address', () =>
  world({}, async (w) => {
    const runtime = w.runtime('policy')
    const slow = () => new Promise<boolean>((resolve) => runtime.timer(3_000, () => resolve(true)))
    const { open, stored } = startDisk(w, {}, ({ action }) => action !== 'read' || slow())
    const first = await open()
    await w.advance('1s')
    w.link(first.client).stall('2s')
    sendText(first.client, 'one')
    await w.advance('200ms')
    first.page.crash()
    const next = await open()
    sendText(next.client, 'two')
    await w.advance('10s')
    expect(await stored()).toEqual(['one', 'two'])
  }))
