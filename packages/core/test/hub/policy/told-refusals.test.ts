import { contract, type HubError, type User } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { hello } from '../../support/raw-client.ts'
import { paths, stage } from '../../support/stage.ts'

describe.each(paths)('refusals that a client does not hear of, with a backplane that is %s', (path) => {
  test.each([
    ['at once', () => undefined],
    ['later', async () => undefined],
  ])(
    'an authenticate that answers with undefined %s refuses, and tells the application once',
    async (_, answer) => {
      const s = stage({ path, authenticate: answer as unknown as () => User | null })
      for (let i = 0; i < 3; i++) {
        const alice = await s.open()
        await alice.say(hello('alice'))
        expect(alice.ended).toEqual({ code: 4501, reason: 'unauthorized' })
      }
      expect(s.errors.map(({ source }) => source)).toEqual(['policy'])
      expect(s.faults.join()).toContain('it has answered with undefined')
    },
  )

  test('casts that the contract or the policy refuses are told once for each event', async () => {
    const s = stage({
      path,
      contract: contract({ events: { say: z.string(), typing: z.boolean() } }) as never,
      authorize: ({ action, event }) => action !== 'cast' || event !== 'say',
    })
    const alice = await s.open()
    await alice.hello('alice')
    for (let i = 0; i < 2; i++)
      await alice.say(
        ['cast', '#a', 'typng', true],
        ['cast', '#a', 'typing', 'yes'],
        ['cast', '#a', 'say', 'x'],
        ['cast', '#a', 'typing', true],
      )
    const told = s.errors.map(({ source, subject, error }: HubError) => [
      source,
      subject,
      (error as { code: string }).code,
    ])
    expect(told.toSorted()).toEqual([
      ['protocol', 'say', 'forbidden'],
      ['protocol', 'typing', 'bad_payload'],
      ['protocol', 'typng', 'bad_request'],
    ])
    expect(s.faults.join()).toContain("did you mean 'typing'?")
  })

  test('a client that invents names of casts is told of no more than a hundred times', async () => {
    const s = stage({
      path,
      contract: contract({ events: { say: z.string() } }) as never,
      limits: { rate: 1_000, burst: 1_000 },
    })
    const alice = await s.open()
    await alice.hello('alice')
    for (let i = 0; i < 150; i++) await alice.say(['cast', '#a', `event ${i}`, true])
    expect(s.errors).toHaveLength(100)
  })
})
