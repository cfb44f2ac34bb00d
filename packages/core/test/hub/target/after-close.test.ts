import { UncertainError, UsageError } from '@chat/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { altered, stage } from '../../support/stage.ts'

async function closedHub() {
  const s = stage({ presence: {} })
  await s.settled(s.hub.close())
  return s.hub
}

describe('a hub that is closed', () => {
  test('a send says that the hub is closed', async () => {
    const hub = await closedHub()
    const error = await hub
      .to('#room')
      .send('say', 1)
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UsageError)
    expect(error).toMatchObject({
      message: 'unable to send to "#room": the hub is closed; make a new hub',
    })
    await expect(hub.broadcast('say', 1)).rejects.toThrow('the hub is closed')
  })

  test('a cast says that the hub is closed', async () => {
    const hub = await closedHub()
    expect(() => hub.to('#room').cast('say', 1)).toThrow(UsageError)
  })

  test('a kick and a new look at the permissions say that the hub is closed', async () => {
    const hub = await closedHub()
    for (const use of [hub.kick('@alice'), hub.reauthorize('@alice')]) {
      await expect(use).rejects.toBeInstanceOf(UsageError)
      await expect(use).rejects.toThrow('the hub is closed; make a new hub')
    }
  })

  test('reads and removals say that the hub is closed', async () => {
    const target = (await closedHub()).to('#room')
    const uses = [target.history(), target.position(), target.members(), target.remove('@alice')]
    for (const use of uses) await expect(use).rejects.toThrow('the hub is closed; make a new hub')
  })
})

describe('an operation that nothing awaits', () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  beforeEach(() => void process.on('unhandledRejection', note))
  afterEach(() => {
    process.off('unhandledRejection', note)
    unhandled.length = 0
  })
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

  test('a send that the close of the hub rejects does not end the process', async () => {
    const never = (): Promise<never> => new Promise(() => {})
    const s = stage({ wrap: (backplane) => altered(backplane, { append: never }) })
    const sent = s.hub.to('#room').send('say', 1)
    await s.settled(s.hub.close())
    await nextTurn()
    expect(unhandled).toEqual([])
    await expect(sent).rejects.toBeInstanceOf(UncertainError)
  })

  test('an ask that the close of the hub rejects does not end the process', async () => {
    const s = stage()
    await s.client('alice')
    const asked = s.hub.to('@alice').ask('confirm', 1)
    await s.settle()
    void s.hub.close({ deadline: 1_000 })
    await s.advance(3_000)
    await nextTurn()
    expect(unhandled).toEqual([])
    await expect(asked).rejects.toThrow()
  })
})
