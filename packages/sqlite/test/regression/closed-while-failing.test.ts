import { VirtualTime } from '@chat/testing'
import { expect, it } from 'vitest'
import { Reachability } from '../../src/reachability.ts'

it('a file that fails while it is closed is not tried again', async () => {
  const time = new VirtualTime()
  let attempts = 0
  let fail: (error: Error) => void = () => {}
  const reachability = new Reachability(time.runtime('node'), () => {
    attempts++
    return new Promise((_, reject) => {
      fail = reject
    })
  })
  reachability.noteFailure(new Error('the disk is full'))
  await time.advance(200)
  reachability.close()
  fail(new Error('the disk is full'))
  await time.advance(60_000)
  expect(attempts).toBe(1)
})
