import type { AuthorizeRequest, StreamWriter } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { outcome, paths, type Stage, stage } from '../../support/stage.ts'

const opened = (s: Stage, address = '#a', hub = s.hub): Promise<StreamWriter<string>> =>
  s.settled(hub.to(address).stream('answer')) as Promise<StreamWriter<string>>

/** Returns the state in which a stream has ended; `null` while it is open. */
function stateOf(s: Stage, { address }: { address: string }): string | null {
  const last = s.store.read(address, { before: null, limit: 1 }).entries[0]
  return last?.event === '$end' ? (JSON.parse(last.data) as { state: string }).state : null
}

/** Returns the states of the results in an address. */
const results = (s: Stage, address: string): unknown[] =>
  s.store
    .read(address, { before: null, limit: 100 })
    .entries.map(({ meta }) => (JSON.parse(meta ?? '{}') as { end?: string }).end)
    .filter((end) => end !== undefined)

describe.each(paths)('cancel of a stream, with a backplane that is %s', (path) => {
  test('aborts the signal of its writer, at any node, and a pipe ends as cancelled (P-SM-9)', async () => {
    const s = stage({ path })
    s.another()
    const bob = await s.client('bob', {}, 2)
    const answer = await opened(s)
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
    const piped = answer.pipe(never)

    expect(outcome(await bob.request('cancel', answer.address))).toBe('ok')
    expect(answer.signal).toMatchObject({ aborted: true, reason: { code: 'cancelled' } })
    expect(await s.settled(piped)).toMatchObject({ state: 'cancelled' })
    expect(results(s, '#a')).toEqual(['cancelled'])
  })

  test('lets the writer end in any state (P-SM-9)', async () => {
    const s = stage({ path })
    const bob = await s.client('bob')
    const answer = await opened(s)
    await bob.request('cancel', answer.address)
    await s.settled(answer.write('the rest'))
    await s.settled(answer.end())
    await s.advance(10_000)
    expect(stateOf(s, answer)).toBe('done')
    expect(results(s, '#a')).toEqual(['done'])
  })

  test('ends the stream five seconds later, whatever its writer does (P-SM-9)', async () => {
    const s = stage({ path })
    const bob = await s.client('bob')
    const answer = await opened(s)
    await bob.request('cancel', answer.address)
    await s.advance(4_900)
    expect(stateOf(s, answer)).toBeNull()
    await s.advance(200)
    expect(stateOf(s, answer)).toBe('cancelled')
    expect(results(s, '#a')).toEqual(['cancelled'])
    await expect(s.settled(answer.write('more'))).rejects.toMatchObject({ code: 'conflict' })
    await expect(s.settled(answer.end())).rejects.toMatchObject({
      code: 'conflict',
      detail: { state: 'cancelled' },
    })
  })

  test('is asked of the policy, with the stream and its event (P-SM-9)', async () => {
    const asked: AuthorizeRequest[] = []
    const s = stage({
      path,
      authorize: (request) => {
        asked.push(request)
        return false
      },
    })
    const bob = await s.client('bob')
    const answer = await opened(s)
    expect(outcome(await bob.request('cancel', answer.address))).toBe('forbidden')
    expect(asked).toEqual([
      expect.objectContaining({ action: 'cancel', address: '#a', event: 'answer', stream: answer.address }),
    ])
    await s.advance(10_000)
    expect(stateOf(s, answer)).toBeNull()
    expect(answer.signal).toMatchObject({ aborted: false })
  })

  test('of the own inbox needs no policy, of another user is forbidden (P-SM-9, P-AD-2)', async () => {
    const s = stage({ path, authorize: () => false })
    const bob = await s.client('bob')
    const [own, other] = [await opened(s, '@bob'), await opened(s, '@alice')]
    expect(outcome(await bob.request('cancel', own.address))).toBe('ok')
    expect(outcome(await bob.request('cancel', other.address))).toBe('forbidden')
    expect([own.signal, other.signal]).toMatchObject([{ aborted: true }, { aborted: false }])
  })

  test('of nothing is ok, of a malformed address bad_request (P-CN-1, P-SM-1)', async () => {
    const s = stage({ path })
    const bob = await s.client('bob')
    expect(outcome(await bob.request('cancel', '^abcdefgh.1/#a'))).toBe('ok')
    expect(outcome(await bob.request('cancel', '^abcdefgh/#a'))).toBe('bad_request')
    expect(outcome(await bob.request('cancel', '#a'))).toBe('bad_request')
    await s.advance(10_000)
    expect(s.faults).toEqual([])
  })

  test('counts toward the rate (P-CN-1)', async () => {
    const s = stage({ path, limits: { burst: 2, rate: 1 } })
    const bob = await s.client('bob')
    const outcomes: string[] = []
    for (let n = 0; n < 3; n++) outcomes.push(outcome(await bob.request('cancel', '^abcdefgh.1/#a')))
    expect(outcomes).toEqual(['ok', 'ok', 'rate_limited'])
  })

  test('is kept by a hub that closes within the five seconds (P-ND-1, P-SM-9)', async () => {
    const s = stage({ path })
    const other = s.another()
    const bob = await s.client('bob')
    const answer = await opened(s, '#a', other)
    await bob.request('cancel', answer.address)
    const closed = s.hub.close({ deadline: 2_000 })
    await s.advance(2_000)
    await closed
    expect(stateOf(s, answer)).toBe('cancelled')
  })
})
