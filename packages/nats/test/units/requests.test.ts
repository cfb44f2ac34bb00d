import { VirtualTime } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { Requests } from '../../src/connection/requests.ts'

function setUp() {
  const time = new VirtualTime()
  const sent: string[] = []
  let silences = 0
  const sender = {
    publish: (_subject: string, _payload: unknown, reply: string): void => void sent.push(reply),
    silent: (): void => void silences++,
  }
  const requests = new Requests(sender, time.runtime('node'), 1_000)
  const answer = (n: number, code?: number): void =>
    requests.receive({
      ...{ subject: sent[n] ?? '', data: Buffer.from(`answer ${n}`) },
      ...(code === undefined ? {} : { headers: { code, description: '', get: () => '', set: () => {} } }),
    })
  return { time, sent, requests, answer, silences: () => silences }
}

const outcome = async (pending: Promise<{ data: Uint8Array }>): Promise<string> =>
  pending.then(
    ({ data }) => Buffer.from(data).toString(),
    ({ code, message }) => `${code}: ${message}`,
  )

describe('requests', () => {
  test('answers find their requests in any order, and a late answer is ignored', async () => {
    const { requests, answer } = setUp()
    const pending = [requests.send('a', ''), requests.send('b', '')].map(outcome)
    answer(1)
    answer(0)
    answer(0)
    expect(await Promise.all(pending)).toEqual(['answer 0', 'answer 1'])
  })

  test('a request without an answer fails after the timeout, each at its own time', async () => {
    const { time, requests, answer } = setUp()
    const ended: string[] = []
    const first = outcome(requests.send('a', '')).then((text) => ended.push(text))
    await time.advance(600)
    void outcome(requests.send('b', '')).then((text) => ended.push(text))
    await time.advance(400)
    await first
    expect(ended).toEqual(['unavailable: unable to reach NATS: no answer on a within 1000 ms'])
    answer(1)
    await time.advance(2_000)
    expect(ended[1]).toBe('answer 1')
    expect(time.pending).toBe(0)
  })

  test('a connection is silent when a request times out and no request was answered meanwhile', async () => {
    const { time, requests, answer, silences } = setUp()
    const first = [requests.send('a', ''), requests.send('b', '')].map(outcome)
    await time.advance(500)
    answer(1)
    await time.advance(500)
    await Promise.all(first)
    expect(silences()).toBe(0)
    const second = outcome(requests.send('c', ''))
    await time.advance(1_000)
    await second
    expect(silences()).toBe(1)
  })

  test('a subject without a service, and a lost connection, are unavailable', async () => {
    const { requests, answer, time } = setUp()
    const pending = [requests.send('a', ''), requests.send('b', '')].map(outcome)
    answer(0, 503)
    requests.failAll('the connection was lost')
    expect(await Promise.all(pending)).toEqual([
      'unavailable: unable to reach JetStream: no service answers on a',
      'unavailable: unable to reach NATS: the connection was lost',
    ])
    expect(time.pending).toBe(0)
  })
})
