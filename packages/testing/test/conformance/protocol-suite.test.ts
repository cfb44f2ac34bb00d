import { describe, expect, test } from 'vitest'
import { defineProtocolSuite, type ProtocolHarness, protocolCases } from '../../src/conformance/index.ts'

const harness: ProtocolHarness = {
  name: 'a hub',
  dial() {
    throw new Error('no case runs here')
  },
  refusedTokens: [undefined],
}

describe('the protocol suite', () => {
  test('has a title of its own for every case, which names the rules that the case shows', () => {
    const titles = protocolCases(harness).map(({ name }) => name)
    expect(new Set(titles).size).toBe(titles.length)
    for (const title of titles) expect(title).toMatch(/ \(P-[A-Z]{2}-\d+(, P-[A-Z]{2}-\d+)*\)$/)
    expect(titles.length).toBeGreaterThan(780)
  })

  test('leaves out the cases that need a missing ability, with the reason', () => {
    const lacks = { pause: 'a page cannot stop reading', presence: 'rooms tell no members' }
    const skips = protocolCases({ ...harness, lacks }).filter(({ skip }) => skip !== null)
    expect(new Set(skips.map(({ skip }) => skip))).toEqual(new Set(Object.values(lacks)))
  })

  test('leaves out a case by its title, with the reason, and refuses a title that no case has', () => {
    const [first] = protocolCases(harness)
    const skip = { [String(first?.name)]: 'shown elsewhere' }
    expect(protocolCases({ ...harness, skip })[0]?.skip).toBe('shown elsewhere')
    expect(() => protocolCases({ ...harness, skip: { 'no case': 'why' } })).toThrow(RangeError)
  })

  test('declares every case, those that are left out by name and reason', () => {
    const declared: string[] = []
    const skipped: string[] = []
    const it = Object.assign((name: string) => declared.push(name), {
      skip: (name: string) => skipped.push(name),
    })
    const describe = (name: string, define: () => void): void => {
      expect(name).toBe('protocol conformance: a hub')
      define()
    }
    defineProtocolSuite({ describe, it }, { ...harness, lacks: { forbiddenRoom: 'every room is open' } })
    expect(skipped).toEqual([
      expect.stringMatching(/^a room that the policy refuses.* \[skipped: every room is open\]$/),
    ])
    expect(declared.length + 1).toBe(protocolCases(harness).length)
  })

  test('fails a case that needs a part of the harness which is neither given nor named as missing', async () => {
    const ending = protocolCases(harness).find(({ name }) => name.startsWith('a hub that ends says bye'))
    await expect(ending?.run()).rejects.toThrow(
      'the harness has no `startAnother`: name it in `lacks`, with the reason',
    )
  })
})
