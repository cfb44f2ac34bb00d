import type { Chat } from './chat.ts'
import type { Conversation } from './conversation.ts'
import { arrange, avatar, icon, make, makeButton, part } from './dom.ts'
import { continues, type Entry } from './entry.ts'
import { Scroll } from './scroll.ts'
import { dayKey, dayOf, timeOf } from './times.ts'

/** The label of the icon beside an own message. */
const marks = {
  waiting: 'Waiting',
  sent: 'Sent',
  failed: 'Not sent',
  uncertain: 'Possibly not sent',
}

/** A row of the log, with its entry. */
interface Row {
  readonly element: HTMLLIElement
  entry: Entry
}

/** Shows the messages of the open conversation. */
export class Log {
  readonly #chat: Chat
  readonly #list = part('log', HTMLOListElement)
  readonly #empty = part('empty', HTMLDivElement)
  readonly #earlier = part('earlier', HTMLButtonElement)
  readonly #scroll = new Scroll()
  readonly #days = new Map<string, HTMLLIElement>()
  #rows = new Map<string, Row>()
  #shown: Conversation | null = null

  constructor(chat: Chat) {
    this.#chat = chat
    this.#earlier.addEventListener('click', () => void chat.earlier(chat.current))
  }

  render(): void {
    const { current } = this.#chat
    const fresh = current !== this.#shown
    if (fresh) this.#rows.clear()
    this.#shown = current
    const { entries } = current
    this.#scroll.around(fresh, entries.at(-1), this.#chat.me, () => {
      this.#list.classList.toggle('still', fresh)
      this.#earlier.hidden = current.earlier === null
      this.#empty.hidden = entries.length > 0 || current.earlier !== null
      this.#arrange(entries)
    })
    this.#invite(current)
  }

  /** Puts the rows in order, under the label of their day. */
  #arrange(entries: readonly Entry[]): void {
    const days: { element: HTMLLIElement; rows: HTMLLIElement[] }[] = []
    const seen = new Map<string, number>()
    entries.forEach((entry, i) => {
      const before = entries[i - 1]
      const newDay = before === undefined || dayKey(before.time) !== dayKey(entry.time)
      if (newDay) days.push({ element: this.#day(entry.time, seen), rows: [] })
      const { element } = this.#row(entry)
      const next = entries[i + 1]
      element.classList.toggle('first', newDay || !continues(entry, before))
      element.classList.toggle('last', next === undefined || !continues(next, entry))
      days.at(-1)?.rows.push(element)
    })
    for (const { element, rows } of days)
      if (element.lastElementChild) arrange(element.lastElementChild, rows)
    arrange(
      this.#list,
      days.map(({ element }) => element),
    )
  }

  /** Makes the label and list of a day. Clocks differ, so a day may occur twice; `seen` counts. */
  #day(time: number, seen: Map<string, number>): HTMLLIElement {
    const day = dayKey(time)
    const n = (seen.get(day) ?? 0) + 1
    seen.set(day, n)
    const key = `${day} ${n}`
    const element = this.#days.get(key) ?? make('li', '', make('p', 'day'), make('ol', ''))
    if (element.firstElementChild) element.firstElementChild.textContent = dayOf(time)
    this.#days.set(key, element)
    return element
  }

  #row(entry: Entry): Row {
    const known = this.#rows.get(entry.key)
    if (known?.entry === entry) return known
    const row = known ?? { element: make('li', ''), entry }
    row.entry = entry
    row.element.className = `row ${entry.kind} ${entry.state} ${entry.from === this.#chat.me ? 'mine' : ''}`
    row.element.replaceChildren(...this.#contents(entry))
    this.#rows.set(entry.key, row)
    return row
  }

  #contents(entry: Entry): Node[] {
    if (entry.kind === 'gap') return [make('span', 'gap-text', entry.text)]
    const mine = entry.from === this.#chat.me
    const bubble = make('div', 'bubble', this.#name(entry), make('p', 'text', entry.text), this.#meta(entry))
    const body = make('div', 'body', bubble, this.#trouble(entry) ?? false)
    if (entry.kind === 'announcement') return [make('span', 'horn', icon('everyone')), body]
    return mine ? [body] : [avatar(entry.from), body]
  }

  #name({ from, kind }: Entry): HTMLElement {
    const mine = from === this.#chat.me
    if (mine && kind === 'line') return make('span', 'hidden', 'You: ')
    const suffix = kind === 'announcement' && make('span', 'to-all', 'to everyone')
    if (mine) return make('span', 'name', 'You ', suffix)
    const button = makeButton('link', from, () => this.#chat.open(`@${from}`))
    button.title = `Write only to ${from}`
    return make('span', 'name', button, ' ', suffix)
  }

  #meta({ from, time, state }: Entry): HTMLElement {
    const stamp = make('time', '', timeOf(time))
    stamp.dateTime = new Date(time).toISOString()
    const own = from === this.#chat.me && state !== 'received'
    return make('span', 'meta', stamp, own && icon(state, marks[state]))
  }

  /** Explains a failed or uncertain message, with a button to send it again. */
  #trouble(entry: Entry): HTMLElement | null {
    const { state, reason = '' } = entry
    if (state !== 'failed' && state !== 'uncertain') return null
    const text = state === 'failed' ? `Not sent: ${reason}.` : `This may not have been sent: ${reason}.`
    const conversation = this.#chat.current
    const retry = makeButton('link retry', state === 'failed' ? 'Try again' : 'Send again', () =>
      this.#chat.again(conversation, entry),
    )
    return make('p', 'trouble', text, ' ', retry)
  }

  #invite({ address }: Conversation): void {
    const name = address.slice(1)
    const person = address.startsWith('@')
    part('empty-title', HTMLParagraphElement).textContent = person ? `You and ${name}` : `Welcome to ${name}`
    part('empty-text', HTMLParagraphElement).textContent = person
      ? `Only ${name} gets your messages here, in every open tab.`
      : 'There are no messages yet. Write one, or open this page in a second tab under another name.'
  }
}
