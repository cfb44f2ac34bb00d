import { contract, stream as declareStream, Hub } from '@chat/core'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { stage } from '../../support/stage.ts'

const chat = contract({
  events: { say: z.string() },
  streams: { answer: declareStream(z.string()), steps: declareStream(z.array(z.object({ n: z.number() }))) },
})

test('the contract decides the kind, and validates the items of a list (P-SM-3)', async () => {
  const s = stage({ contract: chat as never })
  const hub = s.hub as unknown as Hub<typeof chat>
  const steps = await s.settled(hub.to('#a').stream('steps'))
  await s.settled(steps.write([{ n: 1 }]))
  await expect(s.settled(steps.write([{ n: 'x' }] as never))).rejects.toMatchObject({ code: 'bad_payload' })
  await expect(s.settled(steps.write('text' as never))).rejects.toMatchObject({ code: 'bad_payload' })
  await s.settled(steps.end())
  expect(s.store.read('#a', { before: null, limit: 1 }).entries[0]?.data).toBe('[{"n":1}]')
})

test('only a stream of the contract can be opened, with a beginning of its kind', async () => {
  const s = stage({ contract: chat as never })
  await expect(s.hub.to('#a').stream('say')).rejects.toMatchObject({ code: 'usage' })
  await expect(s.hub.to('#a').stream('other')).rejects.toMatchObject({ code: 'usage' })
  await expect(s.settled(s.hub.to('#a').stream('answer', { start: [] }))).rejects.toMatchObject({
    code: 'bad_payload',
  })
})

test('parts have the types of the contract', async () => {
  const hub = new Hub<typeof chat>({ contract: chat })
  const answer = await hub.to('#a').stream('answer')
  const steps = await hub.to('#a').stream('steps', { start: [{ n: 0 }] })
  expectTypeOf(answer.write).parameter(0).toEqualTypeOf<string>()
  expectTypeOf(steps.write).parameter(0).toEqualTypeOf<{ n: number }[]>()
  await hub.close()
})
