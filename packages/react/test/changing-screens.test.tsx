// @vitest-environment happy-dom
import type { Client, RoomAddress } from '@chat/core'
import { type World, world } from '@chat/testing'
import { type ReactNode, StrictMode, Suspense } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { describe, expect, test } from 'vitest'
import { chatHooks } from '../src/index.ts'

interface Chat {
  events: { say: string }
}

const { ChatProvider, useMessages, usePeople, useRoom } = chatHooks<Chat>()

/** Page under StrictMode, and what its hub hears of joins and leaves. */
class Page {
  readonly moves: string[] = []
  readonly hub
  readonly #element = document.createElement('main')
  readonly #root = createRoot(this.#element)

  constructor(w: World) {
    this.hub = w.hub<Chat>(
      { authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true, presence: {} },
      (hub) => {
        hub.on('$join', ({ address, session }) => this.moves.push(`+${address} ${session.user.id}`))
        hub.on('$leave', ({ address, session }) => this.moves.push(`-${address} ${session.user.id}`))
      },
    )
  }

  show(children: ReactNode): void {
    flushSync(() => this.#root.render(<StrictMode>{children}</StrictMode>))
  }

  close(): void {
    flushSync(() => this.#root.unmount())
  }

  get lines(): string[] {
    return [...this.#element.querySelectorAll('li')].map(({ textContent }) => textContent)
  }
}

function Lines({ address }: { readonly address: RoomAddress | null }): ReactNode {
  const room = useRoom(address)
  const { items } = useMessages(room, 'say', { last: 20 })
  const { state } = usePeople(room)
  return (
    <ul title={state}>
      {items.map((item) => (
        <li key={item.key}>{item.event === '$gap' ? '$gap' : `${item.data} ${item.mine ? 'mine' : ''}`}</li>
      ))}
    </ul>
  )
}

const shown = (client: Client<Chat> | null, address: RoomAddress | null): ReactNode => (
  <ChatProvider client={client}>
    <Lines address={address} />
  </ChatProvider>
)

const run = (scenario: (w: World, page: Page) => Promise<void>): Promise<unknown> =>
  world({ seed: 1, fakeGlobals: true }, async (w) => {
    const page = new Page(w)
    await scenario(w, page)
    page.close()
    await w.advance('5s')
  })

describe('a screen', () => {
  test('whose address changes quickly joins each room once, and shows the last', () =>
    run(async (w, page) => {
      const alice = await w.client<Chat>(page.hub, 'alice')
      for (const room of ['#one', '#two', '#three'] as const)
        await page.hub.to(room).send('say', `in ${room}`)
      for (let n = 0; n < 20; n++)
        for (const room of ['#one', '#two', '#three'] as const) {
          page.show(shown(alice, room))
          await w.advance(5)
        }
      await w.advance('1s')
      expect(page.lines).toEqual(['in #three '])
      expect(page.moves.toSorted()).toEqual(['+#one alice', '+#three alice', '+#two alice'])
      await w.advance('5s')
      expect(page.moves.slice(3).sort()).toEqual(['-#one alice', '-#two alice'])
    }))

  test('that is closed while it joins leaves the room, and nothing fails', () =>
    run(async (w, page) => {
      const alice = await w.client<Chat>(page.hub, 'alice')
      const errors: unknown[] = []
      alice.on('$error', ({ error }) => errors.push(error))
      w.link(alice).stall()
      page.show(shown(alice, '#one'))
      await w.advance('1s')
      page.show(null)
      await w.advance('3s')
      w.link(alice).restore()
      await w.advance('1m')
      expect(page.moves.filter((move) => move.startsWith('+')).length).toBe(
        page.moves.filter((move) => move.startsWith('-')).length,
      )
      expect(await page.hub.to('#one').members()).toEqual([])
      expect(errors).toEqual([])
    }))

  test('with another client shows what that client may see, and sends nothing of the former', () =>
    run(async (w, page) => {
      const [alice, bob] = [await w.client<Chat>(page.hub, 'alice'), await w.client<Chat>(page.hub, 'bob')]
      await alice.to('#one').send('say', 'from alice')
      page.show(shown(alice, '#one'))
      await w.advance('1s')
      expect(page.lines).toEqual(['from alice mine'])
      page.show(shown(bob, '#one'))
      alice.close()
      await w.advance('3s')
      expect(page.lines).toEqual(['from alice '])
      page.show(shown(null, '#one'))
      expect(page.lines).toEqual([])
      page.show(shown(bob, '#one'))
      await w.advance('1s')
      expect(page.lines).toEqual(['from alice '])
      expect(page.moves.filter((move) => move.includes('bob'))).toEqual(['+#one bob'])
    }))

  test('that suspends before it is shown joins no room; one that suspends later keeps its room and its place', () =>
    run(async (w, page) => {
      const alice = await w.client<Chat>(page.hub, 'alice')
      let wait: Promise<void> | null = Promise.resolve()
      const Suspended = (): null => {
        if (wait !== null) throw wait
        return null
      }
      const tree = (): ReactNode => (
        <ChatProvider client={alice}>
          <Suspense fallback={<li>loading</li>}>
            <Lines address="#one" />
            <Suspended />
          </Suspense>
        </ChatProvider>
      )
      let go = (): void => {}
      const hold = (): void => {
        wait = new Promise((resolve) => {
          go = () => {
            wait = null
            resolve()
          }
        })
      }
      hold()
      page.show(tree())
      await w.advance('5s')
      expect([page.lines, page.moves]).toEqual([['loading'], []])
      go()
      await w.advance('1s')
      page.show(tree())
      await page.hub.to('#one').send('say', 'one')
      await w.advance('1s')
      expect([page.lines, page.moves]).toEqual([['one '], ['+#one alice']])
      hold()
      page.show(tree())
      await page.hub.to('#one').send('say', 'two')
      await w.advance('10s')
      expect(page.lines).toContain('loading')
      go()
      page.show(tree())
      await w.advance('1s')
      expect([page.lines, page.moves]).toEqual([['one ', 'two '], ['+#one alice']])
    }))
})
