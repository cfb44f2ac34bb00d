import { attack } from '../attack.ts'

attack(
  'an application whose callbacks reject, one for each of an attacker’s requests (SEC-11)',
  { quick: true, hub: { application: 'rejects', presence: true } },
  async (scene) => {
    const url = `http://127.0.0.1:${scene.port}/chat`
    const stream = { accept: 'text/event-stream' }
    await fetch(url, { headers: { ...stream, origin: 'http://evil.example' } })
    await fetch(url, { headers: { ...stream, 'x-broken': '1' }, signal: AbortSignal.timeout(1_000) }).catch(
      () => {},
    )
    const broken = await scene.intruder({ headers: { 'x-broken': '1' } })
    const foreign = await scene.intruder({ headers: { origin: 'http://evil.example' } })
    const user = await scene.intruder({ user: 'broken' })
    const member = await scene.intruder({ hello: { streams: { '#broken': null } } })
    member.write(member.frame('join', '#broken', { state: 1 }))
    await member.answered()
    await scene.goesOn(300)
    const closed = [broken, foreign, user].map((each) => String(each.closed))
    scene.note({ closed: closed.join(' '), errors: (await scene.measure()).errors })
  },
)
