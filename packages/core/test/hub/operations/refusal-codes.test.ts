import { ChatError, UncertainError, UsageError } from '@chat/core'
import { expect, test } from 'vitest'
import { stage } from '../../support/stage.ts'

/** Calls a handler that throws, and returns the answer and the error that the hub reports. */
async function thrown(error: unknown) {
  const s = stage()
  s.hub.handle('buy', () => {
    throw error
  })
  const alice = await s.client('alice')
  const answer = await alice.call(['call', 1, 'buy', null])
  return { answer, reported: s.errors.map((event) => event.error) }
}

test.each([
  ['sold_out', '"sold_out"'],
  ['it is sold out', '"it is sold out"'],
  [undefined, 'undefined'],
  [404, '404'],
])(
  'a code that no client may get, %j, is internal to the client, and the hub says which codes there are',
  async (code, shown) => {
    const error = new ChatError(code as never, 'it is sold out')
    const { answer, reported } = await thrown(error)
    expect(answer).toMatchObject({ ok: false, code: 'internal' })
    expect(reported).toMatchObject([{ code: 'usage', cause: error }])
    expect(reported[0]).toBeInstanceOf(UsageError)
    expect(String(reported[0])).toContain(
      `unable to refuse with the code ${shown}: give a code of the protocol, such as 'forbidden', or one of your own with a '/'`,
    )
  },
)

test.each([
  new UsageError('unable to send: give an address'),
  new UncertainError('unable to tell'),
  new ChatError('closed', 'the other hub is closed'),
  new Error('the database is down'),
])('an error that is no refusal is reported as it is: %s', async (error) => {
  const { answer, reported } = await thrown(error)
  expect(answer).toMatchObject({ ok: false, code: 'internal' })
  expect(reported).toEqual([error])
})
