import { describe, expect, test } from 'vitest'
import { altered, deferred, paths, stage } from '../../support/stage.ts'

describe.each(paths)('the acceptance of a message, with a backplane that is %s', (path) => {
  test('P-PB-1: ok names the position of the message in the log, with or without receivers', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const sent = await alice.request('send', '@nobody', 'dm', 'psst')
    expect(sent).toMatchObject({ ok: true, result: { at: 1, id: `${alice.id}.1` } })
    expect(await alice.request('read', '@nobody')).toMatchObject({ code: 'forbidden' })
  })

  test('P-PB-1: ok comes after the answer of the log', async () => {
    const answer = deferred<void>()
    const s = stage({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          append: async (...message) => {
            await answer.promise
            return backplane.append(...message)
          },
        }),
    })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', 'hi'])
    expect(alice.answered()).toEqual([])
    answer.resolve()
    await s.settle()
    expect(alice.answered()).toEqual([1])
  })

  test('P-PB-1: the welcome names the durability of the log', async () => {
    const s = stage({
      path,
      wrap: (backplane) =>
        altered(backplane, { capabilities: { ...backplane.capabilities, durability: 'replicated' } }),
    })
    expect((await s.client('alice')).welcome.durability).toBe('replicated')
  })

  test('P-PB-5: an id consists of session and ref, and the hub’s own of node and number', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say(['send', 7, '#a', 'say', 1], ['send', 9, '#b', 'say', 2])
    expect([7, 9].map((ref) => alice.answer(ref))).toMatchObject([
      { result: { id: `${alice.id}.7` } },
      { result: { id: `${alice.id}.9` } },
    ])
    const sent = [...(await s.publish('#a', 1)), ...(await s.publish('#b', 2))]
    expect(sent.map(({ id }) => id)).toEqual([`${s.hub.node}.1`, `${s.hub.node}.2`])
  })

  test('P-PB-5: the node’s name is random, of 48 bits or more, and new at each start', () => {
    const s = stage({ path })
    const names = [s.hub, s.another(), s.another()].map(({ node }) => node)
    expect(new Set(names).size).toBe(3)
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{8,}$/)
  })
})
