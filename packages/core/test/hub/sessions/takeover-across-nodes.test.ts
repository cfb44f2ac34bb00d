import { world } from '@chat/testing'
import { expect, test } from 'vitest'

const open = {
  authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
  authorize: () => true,
}

test('P-HS-5: a session that is resumed at another node ends its older connection there with 4509', () =>
  world({}, async (w) => {
    const [first, second] = [w.hub(open), w.hub(open)]
    const codes: number[] = []
    first.on('$disconnect', ({ code }) => codes.push(code))
    const client = await w.client([first, second], 'alice')
    const session = client.session
    // The client learns of the reset and goes to another hub; its first hub does not learn of it.
    w.link(client).reset({ client: 0, hub: null })
    await w.advance('5s')
    expect(client.status).toBe('connected')
    expect(client.session).toBe(session)
    expect(second.sessions.map(({ id }) => id)).toEqual([session])
    expect(first.sessions).toEqual([])
    expect(codes).toEqual([4509])
  }))
