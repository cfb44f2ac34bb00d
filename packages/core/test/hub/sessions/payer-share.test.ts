import type { User } from '@chat/core'
import { expect, test } from 'vitest'
import { type Stage, stage } from '../../support/stage.ts'

const large = 'x'.repeat(60_000)

/** Stores a message in a quiet room, lets users write into ever new rooms, and returns what the quiet room has left. */
async function flooded(s: Stage, users: readonly string[]): Promise<number> {
  await s.publish('#quiet', 'kept')
  const writers = await Promise.all(users.map((user) => s.client(user)))
  for (let n = 0; n < 60; n++) {
    const writer = writers[n % writers.length]
    await writer?.say(['send', writer.next(), `#flood ${n}`, 'say', large])
  }
  return s.store.read('#quiet', { after: 0, limit: 10 }).entries.length
}

const log = { bytes: 2_000_000 }
const users = Array.from({ length: 15 }, (_, n) => `user ${n}`)

test('P-ST-11: anonymous users behind one address have the share of one user in a full log', async () => {
  const guest = ({ token }: { token: string | null }): User => ({ id: token ?? '', anonymous: true })
  expect(await flooded(stage({ log, authenticate: guest }), users)).toBe(1)
})

test('P-ST-11: users for whom the application has named one payer have one share', async () => {
  const bot = ({ token }: { token: string | null }): User => ({ id: token ?? '', payer: 'the bots' })
  expect(await flooded(stage({ log, authenticate: bot }), users)).toBe(1)
})

test('P-ST-11: users who pay for themselves have a share each, and then the oldest log makes room', async () => {
  expect(await flooded(stage({ log }), users)).toBe(0)
})
