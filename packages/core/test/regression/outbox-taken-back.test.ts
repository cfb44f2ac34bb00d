import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { sendText, startDisk } from '../client/outbox/support/offline.ts'

const seeds = Array.from({ length: 20 }, (_, n) => n + 1)

test.each(seeds)(
  'a message that a tab takes from an open tab is sent once, and leaves the lists of both (seed %i)',
  (seed) =>
    world({ seed }, async (w) => {
      const { disk, open, stored } = startDisk(w)
      disk.blind = true
      const pages = [await open({ user: 'alice' }), await open({ user: 'alice' })]
      for (const { client } of pages) w.link(client).cut('3s')
      await w.advance('1s')
      for (const [place, { client }] of pages.entries()) sendText(client, `from tab ${place}`)
      await w.advance('3m')
      expect((await stored()).sort()).toEqual(['from tab 0', 'from tab 1'])
      expect(pages.flatMap(({ outbox }) => outbox.items)).toEqual([])
    }),
)
