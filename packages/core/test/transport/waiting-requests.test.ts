import { ConnectRequest, isPromise, type Refusal, RequestHandler } from '@chat/core/transport'
import { expect, test } from 'vitest'
import { hubOf } from '../support/request-handler.ts'

const page = 'https://app.example'

/** A handler whose application answers when it is told to, and what the application was told. */
function slowHandler() {
  const answers: ((allowed: boolean) => void)[] = []
  const told: number[] = []
  const handler = new RequestHandler<string>(hubOf(), {
    origins: () => new Promise<boolean>((resolve) => answers.push(resolve)),
    onRefused: ({ status }) => told.push(status),
  })
  const asked = (remoteAddress: string) => {
    const request = new ConnectRequest({
      native: '/chat',
      url: '/chat',
      headers: [['origin', page]],
      remoteAddress: () => remoteAddress,
      boundTo: () => null,
    })
    return { request, path: { path: '/chat', search: '', params: {} } }
  }
  const admit = (address: string) => handler.admit(asked(address).request, asked(address).path)
  const check = (address: string) => handler.check(asked(address).request, asked(address).path)
  return { answers, told, admit, check }
}

/** Counts the requests of an address that wait for the application. */
const waiting = (count: number, ask: () => unknown): number =>
  Array.from({ length: count }, ask).filter(isPromise).length

test('an address may have half of the requests that wait for the application (SEC-12)', () => {
  const { admit, answers } = slowHandler()
  expect(waiting(7_000, () => admit('192.0.2.1'))).toBe(3_000)
  expect(waiting(7_000, () => admit('192.0.2.2'))).toBe(1_500)
  expect(waiting(1, () => admit('192.0.2.3'))).toBe(1)
  expect(answers).toHaveLength(4_501)
})

test('all requests together have 6 000 places, also those whose address is unknown', () => {
  const { admit, answers, told } = slowHandler()
  expect(waiting(7_000, () => admit(''))).toBe(6_000)
  expect(waiting(1, () => admit('192.0.2.3'))).toBe(0)
  expect([answers.length, told.length]).toEqual([6_000, 1_001])
})

test('POSTs and preflights wait in the same places, and are refused with a time to come back', () => {
  const { admit, check, told } = slowHandler()
  expect(waiting(7_000, () => check('192.0.2.1'))).toBe(3_000)
  expect(waiting(1, () => admit('192.0.2.1'))).toBe(0)
  const { refusal } = check('192.0.2.1') as { refusal: Refusal }
  expect(refusal).toMatchObject({ status: 503, retryAfter: 2_000 })
  expect(told).toEqual([503])
})

test('a place is free again once the application has answered', async () => {
  const { admit, answers } = slowHandler()
  const decisions = Array.from({ length: 3_000 }, () => admit('192.0.2.1'))
  expect(waiting(1, () => admit('192.0.2.1'))).toBe(0)
  for (const answer of answers.splice(0)) answer(true)
  await Promise.all(decisions)
  expect(waiting(3_001, () => admit('192.0.2.1'))).toBe(3_000)
})
