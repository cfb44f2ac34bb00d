import { arrange, avatar, icon, make, makeButton, part } from './dom.ts'
import type { Entry } from './entries.ts'
import type { Person } from './person.ts'
import { Scroll } from './scroll.ts'
import { dayOf, timeOf } from './times.ts'

/** The label of the icon beside an own message. */
const marks = {
  waiting: 'Waiting',
  sent: 'Sent',
  failed: 'Not sent',
  uncertain: 'Possibly not sent',
}

/** Messages of a person within this time, in milliseconds, are shown as a group. */
const together = 5 * 60_000

/** Shows the messages. */
export class Log {
  readonly #person: Person
  readonly #list = part('log', HTMLOListElement)
  readonly #earlier = part('earlier', HTMLButtonElement)
  readonly #scroll = new Scroll()
  /** The rows by key, made again only when their entry has changed. */
  readonly #rows = new Map<string, { readonly element: HTMLLIElement; entry: Entry }>()

  constructor(person: Person) {
    this.#person = person
    this.#earlier.addEventListener('click', () => void person.earlier())
  }

  render(): void {
    const entries = this.#person.entries.all
    this.#scroll.around(entries.at(-1), this.#person.name, () => {
      this.#earlier.hidden = !this.#person.hasEarlier
      part('empty', HTMLParagraphElement).hidden = entries.length > 0
      arrange(
        this.#list,
        entries.map((entry, i) => this.#row(entry, entries[i - 1])),
      )
    })
  }

  #row(entry: Entry, before: Entry | undefined): HTMLLIElement {
    const known = this.#rows.get(entry.key)
    const row = known ?? { element: make('li', ''), entry }
    const newDay = before === undefined || dayOf(before.time) !== dayOf(entry.time)
    if (known?.entry !== entry) {
      const mine = entry.from === this.#person.name
      row.entry = entry
      row.element.className = `row ${entry.kind} ${entry.state} ${mine ? 'mine' : ''}`
      row.element.classList.toggle('private', entry.to !== null)
      row.element.replaceChildren(...this.#contents(entry, mine))
      this.#rows.set(entry.key, row)
    }
    row.element.classList.toggle('first', newDay || !continues(entry, before))
    if (newDay) row.element.dataset['day'] = dayOf(entry.time)
    else delete row.element.dataset['day']
    return row.element
  }

  #contents(entry: Entry, mine: boolean): Node[] {
    const { from, to, kind, text, time, state } = entry
    if (kind !== 'line') return [make('span', 'note-text', text)]
    const stamp = make('time', '', timeOf(time))
    stamp.dateTime = new Date(time).toISOString()
    const meta = make('span', 'meta', stamp, state !== 'received' && icon(state, marks[state]))
    const name = make('span', 'name', nameOf(entry, mine))
    const hasName = !mine || to !== null
    const bubble = make('div', 'bubble', hasName && name, make('p', 'text', text), meta)
    const body = make('div', 'body', bubble, this.#trouble(entry))
    return mine ? [body] : [avatar(from ?? '⚙'), body]
  }

  /** Explains a failed or uncertain message, with a button to send it again. */
  #trouble(entry: Entry): HTMLElement | null {
    const { state, reason = '' } = entry
    if (state !== 'failed' && state !== 'uncertain') return null
    const text = state === 'failed' ? `Not sent: ${reason}.` : `This may not have been sent: ${reason}.`
    const retry = makeButton('link', state === 'failed' ? 'Try again' : 'Send again', () =>
      this.#person.again(entry),
    )
    return make('p', 'trouble', text, ' ', retry)
  }
}

function nameOf({ from, to }: Entry, mine: boolean): string {
  if (to === null) return from ?? 'The server'
  return mine ? `Only to ${to}` : `${from ?? 'The server'}, only to you`
}

function continues(entry: Entry, before: Entry | undefined): boolean {
  if (entry.kind !== 'line' || before?.kind !== 'line') return false
  return entry.from === before.from && entry.to === before.to && Math.abs(entry.time - before.time) < together
}
