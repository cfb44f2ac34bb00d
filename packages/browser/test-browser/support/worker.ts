import { connect } from '../../src/index.ts'
import type { Chat } from './chat.ts'

addEventListener('message', async ({ data }: MessageEvent<string>) => {
  const client = connect<Chat>(data, { token: 'worker' })
  postMessage(await client.call('double', 21))
  client.close()
})
