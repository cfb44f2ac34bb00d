// A node of a contender: a server on a free port, in a process of its own.
import { importContender } from '../contenders/all.mjs'
import { answer } from './answer.mjs'
import { startProfile } from './profile.mjs'

let server = null
let stopProfile = null

answer({
  async serve({ contender, urls, prefix }) {
    const { serve } = await importContender(contender)
    server = await serve({ urls, prefix })
    return server.port
  },
  /** Microseconds of processor time since the start. */
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  async profile(file) {
    if (stopProfile === null) stopProfile = await startProfile()
    else stopProfile = await stopProfile(file)
  },
})
