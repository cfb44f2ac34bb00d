import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from '../client/outbox/support/offline.ts'

const seeds = Array.from({ length: 12 }, (_, n) => n + 1)

test.each(seeds)(
  'a message that has its ref is stored, also when those of a tab that has ended go before it (seed %i)',
  (seed) =>
    world({ seed }, async (w) => {
      const { open, stored } = startDisk(w)
      const [first, second] = [await open(), await open()]
      await w.advance('1s')
      for (const { client } of [first, second]) w.link(client).cut('10s')
      await w.advance('1s')
      const earlier = sendText(first.client, 'earlier')
      const own = sendText(second.client, 'own')
      await w.advance('1s')
      first.crash()
      await w.advance('2m')
      expect([earlier.outcome, own.outcome]).toEqual(['closed', 'stored'])
      expect((await stored()).sort()).toEqual(['earlier', 'own'])
    }),
)
