import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from '@chat/node-ws'
import { expect, it, onTestFinished } from 'vitest'
import { faster } from '../../../../test-support/fast.ts'
import { Guest } from '../../../../test-support/guest.ts'
import { bundle, bundleEnvironment } from '../support/bundle.ts'
import { newPath } from '../support/store.ts'

/** A hub in another process, which can be killed and started again on its port. */
class HubProcess {
  port = 0
  readonly #script: string
  readonly #path = newPath()
  #child: ChildProcess | null = null

  constructor(script: string) {
    this.#script = script
    onTestFinished(() => void this.#child?.kill('SIGKILL'))
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [this.#script, this.#path, String(this.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: bundleEnvironment,
    })
    this.#child = child
    const [port] = await once(child.stdout, 'data')
    this.port = Number(port)
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child === null) return
    child.kill(signal)
    await once(child, 'exit')
  }
}

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'clients resume after a restart by %s: the session is the same, nothing is missed, nothing comes twice, every send is settled',
  async (signal) => {
    const hub = new HubProcess(await bundle('hub-process'))
    await hub.start()
    const enter = (token: string): Promise<Guest> =>
      Guest.enter(
        connect(`ws://127.0.0.1:${hub.port}/chat`, { token, runtime: faster(4), connectTimeout: 60_000 }),
      )
    const [alice, bob] = [await enter('alice'), await enter('bob')]
    const sessions = [alice.client.session, bob.client.session]
    const outcomes: Promise<string>[] = []
    const said: string[] = []
    function say(guest: Guest, name: string, count: number): void {
      for (let n = 0; n < count; n++) {
        said.push(`${name} ${said.length}`)
        outcomes.push(guest.say(said.at(-1)))
      }
    }
    for (let round = 0; round < 2; round++) {
      say(alice, 'alice', 10)
      say(bob, 'bob', 10)
      // The first answers have come, and others are under way.
      await outcomes.at(-15)
      await hub.end(signal)
      say(alice, 'alice', 3)
      await hub.start()
      await Promise.all([alice, bob].map((guest) => guest.reaches('connected')))
    }
    expect(await Promise.all(outcomes)).toEqual(said.map(() => 'ok'))
    for (const guest of [alice, bob]) {
      await guest.hears(said.length)
      expect([...guest.heard].sort()).toEqual([...said].sort())
      const own = guest === alice ? 'alice' : 'bob'
      const order = (all: readonly unknown[]) => all.filter((data) => String(data).startsWith(own))
      expect(order(guest.heard)).toEqual(order(said))
    }
    expect(bob.heard).toEqual(alice.heard)
    expect([alice.client.session, bob.client.session]).toEqual(sessions)
  },
)
