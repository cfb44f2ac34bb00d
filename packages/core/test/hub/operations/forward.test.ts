import { contract, Hub, type HubOptions } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { stage } from '../../support/stage.ts'

const chat = contract({
  events: {
    say: z.object({ text: z.string().trim(), by: z.string().default('guest') }),
    big: z.string().transform(BigInt),
  },
})
const untidy = { text: ' hi ', secret: 'x' }

/** Returns the data that a member of a room receives of a message and a cast. */
async function received(forward: HubOptions['forward']): Promise<unknown[]> {
  const s = stage({ contract: chat as never, forward })
  const [alice, bob] = [await s.client('alice'), await s.client('bob')]
  await bob.request('join', '#a')
  await alice.request('send', '#a', 'say', untidy)
  await alice.say(['cast', '#a', 'say', untidy])
  await s.settle()
  return [...bob.frames('msg').map((frame) => frame[4]), ...bob.frames('cast').map((frame) => frame[3])]
}

describe('the data that a hub hands on', () => {
  test('is by default what the client gave', async () => {
    expect(await received(undefined)).toEqual([untidy, untidy])
    expect(await received('input')).toEqual([untidy, untidy])
  })

  test("is what the validators return, with forward: 'output'", async () => {
    const tidy = { text: 'hi', by: 'guest' }
    expect(await received('output')).toEqual([tidy, tidy])
  })

  test('is refused when JSON does not carry the output', async () => {
    const s = stage({ contract: chat as never, forward: 'output' })
    const alice = await s.client('alice')
    expect(await alice.request('send', '#a', 'big', '7')).toMatchObject({ code: 'bad_payload' })
  })

  test('has no third form', () => {
    expect(() => new Hub({ forward: 'both' as 'input' })).toThrow(/'forward' must be 'input' or 'output'/)
  })
})
