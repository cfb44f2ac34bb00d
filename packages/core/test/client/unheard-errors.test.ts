import { Client, type ClientOptions, handleAsk, restoreFrom, type Untyped } from '@chat/core'
import { clientRuntime, type Dialer } from '@chat/core/transport'
import { describe, expect, test, vi } from 'vitest'
import { msg, play, type Stage } from '../support/fake-hub.ts'

function thrown(): never {
  throw new Error('broken')
}

/** Plays a scene with a client that has no listener of `$error`, and returns the texts that it writes. */
async function written(
  scene: (stage: Stage, client: Client) => unknown,
  options: Partial<ClientOptions<Untyped>> = {},
): Promise<[text: string, error: unknown][]> {
  const texts: [string, unknown][] = []
  await play(async (stage) => {
    const runtime = { ...stage.runtime, report: (text: string, error: unknown) => texts.push([text, error]) }
    const dial: Dialer = (how) =>
      stage.reachable ? stage.dial(how) : Promise.reject(new Error('no network'))
    const client = new Client({ dial, runtime, ...options })
    stage.clients.push(client)
    await stage.settle()
    await scene(stage, client)
    await stage.settle()
  })
  return texts
}

describe('an error of the application, while nothing listens to $error of its client', () => {
  test.each<[source: string, scene: (stage: Stage, client: Client) => unknown]>([
    [
      "'#a say'",
      async (stage, client) => {
        client.join('#a').on('say', thrown)
        await stage.settle()
        stage.hub.at().write(msg('#a', 1), msg('#a', 2))
      },
    ],
    [
      "'say'",
      (stage, client) => {
        client.on('say', async () => thrown())
        stage.hub.at().write(msg('*', 1), msg('*', 2))
      },
    ],
    [
      "'confirm'",
      (stage, client) => {
        handleAsk(client, 'confirm', thrown)
        stage.hub.at().write(['ask', 1, 'confirm', null], ['ask', 2, 'confirm', null])
      },
    ],
    [
      "'#a snapshot'",
      async (stage, client) => {
        client.join('#a', { snapshot: restoreFrom(thrown) })
        await stage.advance(5_000)
      },
    ],
  ])('of %s is written once, with the way to hear it', async (source, scene) => {
    expect(await written(scene)).toEqual([
      [`[chat] an error of ${source}, shown once; listen with client.on('$error', …)`, new Error('broken')],
    ])
  })

  test('of the option `observe`, and of a function for tokens, is written', async () => {
    const observed = await written((stage) => stage.hub.at().write(msg('*', 1)), { observe: thrown })
    expect(observed).toMatchObject([[expect.stringContaining("'observe'"), new Error('broken')]])
    const fetched = await written((stage) => stage.advance(10_000), { token: thrown })
    expect(fetched).toMatchObject([[expect.stringContaining("'token'"), new Error('broken')]])
  })
})

const sayTwice = (stage: Stage, client: Client): void => {
  client.on('say', thrown)
  stage.hub.at().write(msg('*', 1), msg('*', 2))
}

test('an error that is heard is not written', async () => {
  const heard: unknown[] = []
  const texts = await written((stage, client) => {
    client.on('$error', ({ error }) => heard.push(error))
    sayTwice(stage, client)
  })
  expect([texts, heard.length]).toEqual([[], 2])
})

test('an error of a listener of $error itself is written', async () => {
  const texts = await written((stage, client) => {
    client.on('$error', thrown)
    sayTwice(stage, client)
  })
  expect(texts).toMatchObject([[expect.stringContaining("'$error'"), new Error('broken')]])
})

test('`logErrors: false` writes nothing', async () => {
  expect(await written(sayTwice, { logErrors: false })).toEqual([])
})

test('an outage, and the end of the client, write nothing', async () => {
  const texts = await written(async (stage, client) => {
    client.join('#a')
    stage.reachable = false
    stage.hub.at().cut()
    await stage.advance(60_000)
    client.close()
  })
  expect(texts).toEqual([])
})

test('a value of `logErrors` that is no boolean is refused', () => {
  expect(() => new Client({ dial: thrown, logErrors: 'no' as never })).toThrow(
    'unable to create a client: the option \'logErrors\' must be true or false, but is "no"',
  )
})

test('the platform writes to its console', () => {
  const spy = vi.spyOn(console, 'error').mockImplementation(() => {})
  clientRuntime.report?.('text', 'error')
  expect(spy).toHaveBeenCalledWith('text', 'error')
  spy.mockRestore()
})
