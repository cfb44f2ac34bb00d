import type { PresenceMember } from '@chat/core'
import { arrange, avatar, make, makeButton, part, say } from './dom.ts'
import type { Person } from './person.ts'

/** Shows the person, the state of the line with its switch, and the people in the room. */
export class Bar {
  readonly #person: Person
  readonly #write: (to: string) => void
  readonly #status = part('status', HTMLParagraphElement)
  readonly #chips = new Map<string, HTMLLIElement>()
  #since = 0
  #timer: ReturnType<typeof setInterval> | undefined

  /** `write` is called when another person is picked, to write only to that person. */
  constructor(person: Person, write: (to: string) => void) {
    this.#person = person
    this.#write = write
    part('me', HTMLSpanElement).replaceChildren(avatar(person.name))
    part('name', HTMLInputElement).value = person.name
    const toggle = part('line', HTMLInputElement)
    toggle.addEventListener('change', () => person.switchLine(toggle.checked))
  }

  render(): void {
    const { status, line, present } = this.#person
    document.body.classList.toggle('cut', line.isCut)
    document.body.classList.toggle('apart', status !== 'connected')
    if (this.#status.dataset['status'] !== status) {
      this.#status.dataset['status'] = status
      this.#count(status === 'reconnecting' || status === 'offline')
    }
    this.#say()
    arrange(
      part('here', HTMLUListElement),
      sorted(present.users, this.#person.name).map(([name, tabs]) => this.#chip(name, tabs)),
    )
    // The server only counts a large room.
    const uncounted = present.count - present.members.size
    say(part('more', HTMLSpanElement), uncounted > 0 ? `and ${uncounted} more` : '')
  }

  #chip(name: string, tabs: readonly PresenceMember[]): HTMLLIElement {
    const chip = this.#chips.get(name) ?? this.#newChip(name)
    chip.classList.toggle(
      'away',
      tabs.every(({ state }) => state === 'away'),
    )
    if (chip.lastElementChild !== null)
      say(chip.lastElementChild, tabs.length > 1 ? `${tabs.length} tabs` : '')
    return chip
  }

  #newChip(name: string): HTMLLIElement {
    const mine = name === this.#person.name
    const face = mine ? make('span', '', 'You') : makeButton('link', name, () => this.#write(name))
    if (!mine) face.title = `Write only to ${name}`
    const chip = make('li', 'chip', make('span', 'lamp'), face, make('span', 'tabs'))
    this.#chips.set(name, chip)
    return chip
  }

  /** Counts the seconds without a connection, so that the page visibly still works. */
  #count(counting: boolean): void {
    clearInterval(this.#timer)
    this.#since = Date.now()
    if (counting) this.#timer = setInterval(() => this.#say(), 1_000)
  }

  #say(): void {
    const { status, line, trouble } = this.#person
    const seconds = Math.round((Date.now() - this.#since) / 1_000)
    const words = {
      connecting: 'Connecting…',
      connected: 'Connected',
      reconnecting: `${line.isCut ? 'No line' : 'Reconnecting'}${seconds > 1 ? ` for ${seconds} s` : '…'}`,
      offline: `No network${seconds > 1 ? ` for ${seconds} s` : '…'}`,
      closed: `Ended: ${trouble ?? 'it was closed'}`,
    }
    say(part('status-text', HTMLSpanElement), words[status])
  }
}

/** The people by name, the own user first. */
function sorted(users: ReadonlyMap<string, readonly PresenceMember[]>, me: string) {
  return [...users].sort(([a], [b]) => Number(b === me) - Number(a === me) || a.localeCompare(b))
}
