// A node of a contender: a server on a free port, in a process of its own.
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { importContender } from '../contenders/all.mjs'
import { answer } from './answer.mjs'
import { startProfile } from './profile.mjs'

let server = null
let stopProfile = null

answer({
  async serve({ contender, ...input }) {
    const { serve } = await importContender(contender)
    server = await serve(input)
    return server.port
  },
  /** Microseconds of processor time since the start. */
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  /** Bytes of memory after garbage was collected. */
  async memory() {
    for (let i = 0; i < 3; i++) {
      collectGarbage()
      await wait(100)
    }
    return process.memoryUsage.rss()
  },
  async profile(file) {
    if (stopProfile === null) stopProfile = await startProfile()
    else stopProfile = await stopProfile(file)
  },
})

function collectGarbage() {
  if (globalThis.Bun !== undefined) return globalThis.Bun.gc(true)
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
