import { Hub, UsageError } from '@chat/core'
import { expect, test } from 'vitest'

test('a closed hub asks no session and lists none: it says so', async () => {
  const hub = new Hub({ authenticate: () => null })
  await hub.close()
  for (const use of [
    () => hub.to('@alice').ask('confirm', 1),
    () => hub.to('#a').askAll('confirm', 1),
    () => hub.to('*').sessions(),
  ]) {
    await expect(use()).rejects.toThrow('the hub is closed; make a new hub')
    await expect(use()).rejects.toThrow(UsageError)
  }
})
