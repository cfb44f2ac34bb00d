// React looks for a document when it is imported.
import './support/document.ts'

import type { Client, Message } from '@chat/core'
import { explore, type World } from '@chat/testing'
import { StrictMode } from 'react'
import { flushSync } from 'react-dom'
import { createRoot, type Root } from 'react-dom/client'
import { expect, test } from 'vitest'
import type { Member } from '../auth.ts'
import { type Chat, chat } from '../contract.ts'
import { roleOf } from '../directory.ts'
import { options, setUp } from '../hub.ts'
import { hooks } from '../src/chat.ts'
import { Support } from '../src/Support.tsx'
import { newElement } from './support/document.ts'

const emojis = ['👍', '😄']

/** The page of a user, which the workload uses as a person does. */
class Screen {
  readonly client: Client<Chat>
  readonly #user: string
  readonly #element = newElement()
  #root: Root | null = null

  constructor(client: Client<Chat>, user: string) {
    this.client = client
    this.#user = user
  }

  get isOpen(): boolean {
    return this.#root !== null
  }

  /** Texts of the lines, with their reactions and what is told about them. */
  get lines(): string[] {
    return this.#all('.line').map((line) =>
      [
        ...[...line.querySelectorAll('p')].map(({ textContent }) => textContent),
        ...[...line.querySelectorAll('[aria-pressed]')].map(({ textContent }) => textContent),
        // The time is not the same on all devices when it is not known, but the state is.
        line.querySelector('small')?.textContent.replace(/^\d\S*( [AP]M)?( · )?/, '') ?? '',
      ].join('|'),
    )
  }

  open(): void {
    this.#root = createRoot(this.#element)
    flushSync(() =>
      this.#root?.render(
        <StrictMode>
          <hooks.ChatProvider client={this.client}>
            <Support user={this.#user} />
          </hooks.ChatProvider>
        </StrictMode>,
      ),
    )
  }

  close(): void {
    flushSync(() => this.#root?.unmount())
    this.#root = null
  }

  write(text: string, box = this.#all('.room > .composer textarea')[0]): void {
    if (box === undefined) return
    flushSync(() => {
      // As a browser does: React does not see the property of the element itself.
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), 'value')?.set?.call(box, text)
      box.dispatchEvent(new window.Event('input', { bubbles: true }))
    })
    flushSync(() => box.dispatchEvent(new window.KeyboardEvent('keydown', { key: 'Enter', bubbles: true })))
  }

  /** Presses the button with this text in a random line, or in all lines. Returns the number of such buttons. */
  press(name: string, random?: () => number): number {
    const found = this.#all('.line button').filter(({ textContent }) => textContent === name)
    const chosen = random ? found.slice(Math.floor(random() * found.length)).slice(0, 1) : found
    for (const button of chosen) flushSync(() => button.click())
    return found.length
  }

  edit(text: string, random: () => number): void {
    this.press('Edit', random)
    this.write(text, this.#all('.line .composer textarea')[0])
  }

  #all(selector: string): HTMLElement[] {
    return [...this.#element.querySelectorAll<HTMLElement>(selector)]
  }
}

type Subject = readonly Screen[]

async function* answerAtOnce(name: string): AsyncGenerator<string> {
  yield name
  yield ': yes'
}

async function enter(w: World): Promise<Subject> {
  const authenticate = ({ token }: { token: string | null }): Member => ({
    id: token ?? '',
    role: roleOf(token ?? '') ?? 'customer',
  })
  const hub = w.hub<Chat, Member>({ ...options, authenticate }, (made) => setUp(made, answerAtOnce))
  const screens: Screen[] = []
  for (const user of ['amina', 'mei', 'mei'])
    screens.push(new Screen(await w.client<Chat>(hub, user, { contract: chat }), user))
  for (const screen of screens) screen.open()
  return screens
}

async function workload(w: World, screens: Subject): Promise<void> {
  for (let n = 0; n < 25; n++) {
    const screen = screens[Math.floor(w.random() * screens.length)]
    const chance = w.random()
    if (screen === undefined) continue
    if (!screen.isOpen) screen.open()
    else if (chance < 0.1) screen.close()
    else if (chance < 0.2) screen.edit(`edit ${n}`, () => w.random())
    else if (chance < 0.3) screen.press(emojis[n % 2] ?? '', () => w.random())
    else if (chance < 0.35) screen.press('Remove', () => w.random())
    else screen.write(chance < 0.45 ? `@Assistant ${n}` : `line ${n}`)
    await w.advance(Math.floor(w.random() * 3_000))
  }
}

async function check(w: World, screens: Subject): Promise<void> {
  for (const screen of screens) if (!screen.isOpen) screen.open()
  await w.advance('1m')
  for (let n = 0; n < 3; n++) {
    for (const screen of screens) if (screen.press('Try again') > 0) w.sometimes('a person tries again')
    await w.advance('70s')
  }
  const [first, ...others] = screens
  const { messages = [] } = (await first?.client.history('#delivery', { limit: 100 })) ?? {}
  const shown = (first?.lines ?? []).map((line) => line.split('|')[0] ?? '')
  expect(shown.filter((text) => /^(?:line|edit|@Assistant)/.test(text))).toEqual(linesOf(messages))
  for (const screen of others) expect(remaining(screen)).toEqual(first && remaining(first))
  for (const screen of screens)
    expect(screen.lines.filter((line) => !/\|(?:edited)?$/.test(line))).toEqual([])
  for (const screen of screens) screen.close()
  if (messages.length > 5) w.sometimes('people talk')
  await w.advance('5s')
}

/** Lines that were not removed: a page that comes later has never seen those that were. */
const remaining = (screen: Screen): string[] =>
  screen.lines.filter((line) => !line.startsWith('This message was removed.'))

/** Returns what people have written, as every page must show it. */
function linesOf(log: readonly Message[]): string[] {
  const changeOf = (id: string, event: string, from: string | null): Message | undefined =>
    log.findLast((each) => each.event === event && each.meta?.['of'] === id && (each.from ?? from) === from)
  return log
    .filter(({ id, event, from }) => event === 'say' && !changeOf(id, 'remove', from))
    .map(({ id, data, from }) => ((changeOf(id, 'edit', from)?.data ?? data) as { text: string }).text)
}

test('whatever happens to the network, all screens show the log: lines, edits, removals, reactions and answers', async () => {
  const faults = ['cut', 'stall', 'reset'] as const
  await explore({ runs: 5, faults, situations: ['people talk'], fakeGlobals: true, workload, check }, enter)
}, 180_000)
