import { expect, test } from 'vitest'
import {
  Admission,
  type AdmissionLimits,
  defaultAdmissionLimits,
  type Excess,
  Place,
} from '../../src/transport/admission.ts'

/** An admission with limits of its own, its clock, and the limits that it has reported. */
function admissionWith(limits: Partial<AdmissionLimits>) {
  const reported: string[] = []
  const clock = { now: 0 }
  const admission = new Admission(
    { ...defaultAdmissionLimits, ...limits },
    { runtime: { now: () => clock.now, random: () => 0.5 }, onExcess: (limit) => reported.push(limit) },
  )
  return { admission, reported, clock }
}

/** Takes places for an address; returns those that it got. */
function enter(admission: Admission, address: string, count: number): Place[] {
  const outcomes = Array.from({ length: count }, () => admission.enter(address))
  return outcomes.filter((outcome) => outcome instanceof Place)
}

const identified = (place: Place | Excess, payer: string | null): Excess | null =>
  place instanceof Place ? place.identify(payer) : place

test('an address takes as many places as it leaves free, so that others always find some (SEC-12)', () => {
  const { admission } = admissionWith({ connections: 100 })
  expect(enter(admission, '192.0.2.1', 1_000)).toHaveLength(50)
  expect(enter(admission, '192.0.2.2', 1_000)).toHaveLength(25)
  expect(enter(admission, '192.0.2.3', 1)).toHaveLength(1)
})

test('at the defaults 5 000 clients behind one load balancer come back at once, beside their old connections (SEC-12)', () => {
  const { admission, reported } = admissionWith({})
  const old = enter(admission, '10.0.0.1', 5_000)
  expect(old.map((place, i) => place.identify(`user ${i}`)).every((excess) => excess === null)).toBe(true)
  const back = enter(admission, '10.0.0.1', 5_000)
  expect(back.map((place, i) => place.identify(`user ${i}`)).every((excess) => excess === null)).toBe(true)
  expect([old.length, back.length, reported]).toEqual([5_000, 5_000, []])
})

test('at the defaults 100 tabs and 60 screens of one account come back beside their old connections', () => {
  const { admission } = admissionWith({})
  const excesses = enter(admission, '198.51.100.1', 320).map((place) => place.identify('alice'))
  expect(excesses).toEqual(Array(320).fill(null))
})

test('a fixed limit for each address replaces the share', () => {
  const { admission } = admissionWith({ connections: 10, connectionsPerAddress: 9 })
  expect(enter(admission, '192.0.2.1', 20)).toHaveLength(9)
  expect(admission.check('192.0.2.1')).toMatchObject({ status: 429, retryAfter: 3_000 })
  expect(admission.check('192.0.2.2')).toBeNull()
})

test('all addresses of an IPv6 network count as one', () => {
  const { admission } = admissionWith({ connectionsPerAddress: 1 })
  expect(enter(admission, '2001:db8::1', 1)).toHaveLength(1)
  expect(admission.check('2001:db8::ffff:2')).toMatchObject({ status: 429 })
  expect(admission.check('2001:db8:0:1::1')).toBeNull()
})

test('where the platform knows no address, only the limits of the hub count', () => {
  const { admission } = admissionWith({ connections: 5, connectionsPerAddress: 1 })
  expect(enter(admission, '', 9)).toHaveLength(5)
  expect(admission.check('')).toMatchObject({ status: 503 })
})

test('handshakes under way have limits of their own, until the client is identified or has left', () => {
  const { admission } = admissionWith({ handshakes: 2, handshakesPerAddress: 2 })
  const [first, second] = enter(admission, '192.0.2.1', 2)
  expect(admission.check('192.0.2.9')).toMatchObject({ status: 503 })
  first?.identify(null)
  expect(admission.check('192.0.2.9')).toBeNull()
  expect(enter(admission, '192.0.2.1', 2)).toHaveLength(1)
  second?.leave()
  expect(admission.check('192.0.2.1')).toBeNull()
})

test('a user has a limit over all addresses, and a connection that ends makes room', () => {
  const { admission } = admissionWith({ connectionsPerUser: 2 })
  const first = admission.enter('192.0.2.1')
  expect(identified(first, 'alice')).toBeNull()
  expect(identified(admission.enter('192.0.2.2'), 'alice')).toBeNull()
  const third = admission.enter('192.0.2.3')
  expect(identified(third, 'alice')).toMatchObject({ status: 429, retryAfter: 3_000 })
  expect(identified(admission.enter('192.0.2.3'), 'bob')).toBeNull()
  if (third instanceof Place) third.leave()
  if (first instanceof Place) first.leave()
  expect(identified(admission.enter('192.0.2.3'), 'alice')).toBeNull()
})

test('anonymous users are counted by their address only', () => {
  const { admission } = admissionWith({ connectionsPerUser: 1 })
  for (let i = 0; i < 10; i++) expect(identified(admission.enter('192.0.2.1'), null)).toBeNull()
})

test('a place is freed once, however often it is left', () => {
  const { admission } = admissionWith({ connections: 2, connectionsPerAddress: 2 })
  const [first] = enter(admission, '192.0.2.1', 2)
  first?.leave()
  first?.leave()
  expect(first?.identify('alice')).toBeNull()
  expect(enter(admission, '192.0.2.1', 5)).toHaveLength(1)
})

test('a limit that refuses is reported, at most once a minute', () => {
  const { admission, reported, clock } = admissionWith({ connections: 1 })
  enter(admission, '', 5)
  expect(reported).toEqual(['connections'])
  clock.now = 59_999
  admission.check('')
  expect(reported).toHaveLength(1)
  clock.now = 60_000
  admission.check('')
  expect(reported).toEqual(['connections', 'connections'])
})

test('in whatever order connections are identified and end, nothing stays counted', () => {
  const most = { connections: 10, connectionsPerAddress: 10, connectionsPerUser: 10, handshakes: 10 }
  const { admission } = admissionWith({ ...most, handshakesPerAddress: 10 })
  let seed = 1
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return (seed >>> 12) % below
  }
  const open: Place[] = []
  for (let step = 0; step < 20_000; step++) {
    const place = open[random(12)]
    if (place === undefined) open.push(...enter(admission, `192.0.2.${random(4)}`, 1))
    else if (random(2) === 0) place.identify(`user ${random(3)}`)
    else open.splice(open.indexOf(place), 1)[0]?.leave()
  }
  for (const place of open) place.leave()

  const places = enter(admission, '192.0.2.1', 20)
  expect(places).toHaveLength(10)
  for (const user of ['user 0', 'user 1', 'user 2']) expect(admission.charge(user)).toBeNull()
  expect(places.map((place) => place.identify('user 0'))).toEqual([...Array(9).fill(null), expect.anything()])
})
