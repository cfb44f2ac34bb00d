import { Client } from '@chat/core'
import { dial } from '@chat/node-ws'
import { expect } from 'vitest'
import { until } from '../../brokers/until.ts'
import { FaultProxy } from '../../fault-proxy.ts'
import { attack } from '../attack.ts'

const remembered = 500

attack(
  'more short sessions than the hub remembers, beside a client that stays connected (SEC-18)',
  { hub: { log: { sessions: remembered } } },
  async (scene) => {
    const proxy = await FaultProxy.start(scene.port)
    const client = new Client({ dial: dial(`http://127.0.0.1:${proxy.port}/chat`), token: 'faithful' })
    scene.onEnd(() => {
      client.close()
      void proxy.close()
    })
    await client.join('#innocent').ready
    const before = client.session
    for (let n = 0; n < remembered * 3; n += 100) {
      const short = await scene.intruders(100, (i) => ({ user: `short-${n + i}` }))
      for (const each of short) each.leave()
    }
    proxy.reset()
    await until('a client that is connected again', () => client.status === 'connected')
    scene.note({ sessions: remembered * 3 })
    expect(client.session, 'the session of the client').toBe(before)
  },
)
