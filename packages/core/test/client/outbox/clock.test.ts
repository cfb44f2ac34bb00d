import { openOutbox, type Runtime } from '@chat/core'
import { OutboxDisk, world } from '@chat/testing'
import { expect, test } from 'vitest'
import { openHub } from './support/offline.ts'

test.each([
  ['back by a year', -365 * 86_400_000, ['hi'], 0],
  ['ahead by a year', 365 * 86_400_000, [], 1],
] as const)(
  'a clock that jumps %s sends a message once, or tells that it is too old',
  (_, jump, texts, told) =>
    world({}, async (w) => {
      const disk = new OutboxDisk(w.runtime('disk'))
      const hub = w.hub(openHub)
      const [before, after] = [disk.openPage(), disk.openPage()]
      const first = await w.client(hub, 'alice', { outbox: openOutbox(before) })
      w.link(first).cut('1h')
      await w.advance('1s')
      first
        .to('*')
        .send('say', 'hi')
        .catch(() => {})
      await w.advance('1s')
      before.crash()
      first.close()
      const clock = w.runtime('clock')
      const runtime: Runtime = { ...clock, wallTime: () => (clock.wallTime?.() ?? 0) + jump }
      const outbox = openOutbox(after)
      const next = await w.client(hub, 'alice', { outbox, runtime })
      const errors: unknown[] = []
      next.on('$error', ({ error }) => errors.push(error))
      await w.advance('1s')
      const { messages } = await hub.to('*').history()
      expect(messages.map(({ data }) => data)).toEqual(texts)
      expect([errors.length, outbox.items, disk.entriesOf('alice')]).toEqual([told, [], []])
    }),
)
