// Gives @chat/redis what cannot work: each error must say what to do. A server is not needed.
import { equal, match, rejects } from 'node:assert/strict'
import { redisBackplane } from '@chat/redis'

await rejects(redisBackplane({}), ({ code, message }) => {
  equal(code, 'usage')
  match(message, /give exactly one/)
  return true
})
await rejects(redisBackplane({ url: 'http://localhost' }), /write redis:\/\/host:6379/)
await rejects(redisBackplane({ url: 'redis://127.0.0.1:1', prefix: 'a b' }), /'prefix'/)

// The client is an optional peer: without it the error names the package to install.
const Redis = class {}
await rejects(redisBackplane({ url: 'redis://127.0.0.1:1', client: { Redis } }), /'client'/)
await rejects(redisBackplane({ url: 'redis://127.0.0.1:1' }), /npm install ioredis/)
