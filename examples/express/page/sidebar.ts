import type { Chat } from './chat.ts'
import type { Conversation } from './conversation.ts'
import { arrange, avatar, make, makeButton, part } from './dom.ts'
import { isCrowd, type Person, peopleIn } from './people.ts'

/** Shows the own name, the rooms and the people. On narrow screens it slides over the page. */
export class Sidebar {
  readonly #chat: Chat
  readonly #rooms = part('rooms', HTMLUListElement)
  readonly #here = part('here', HTMLUListElement)
  readonly #people = part('people', HTMLUListElement)
  readonly #menu = part('open-menu', HTMLButtonElement)
  /** Items by address, made only once, so that an item keeps the focus. */
  readonly #items = new Map<string, HTMLLIElement>()
  /** Items of the people in the room, by name. */
  readonly #persons = new Map<string, HTMLLIElement>()

  constructor(chat: Chat) {
    this.#chat = chat
    part('my-name', HTMLElement).textContent = chat.me
    part('my-avatar', HTMLElement).replaceChildren(avatar(chat.me))
    this.#menu.addEventListener('click', () => this.#slide(true))
    part('close-menu', HTMLButtonElement).addEventListener('click', () => this.#slide(false))
    part('shade', HTMLDivElement).addEventListener('click', () => this.#slide(false))
    document.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape' && this.#open) this.#slide(false)
    })
    this.#openRooms()
  }

  render(): void {
    const conversations = [...this.#chat.conversations.values()]
    const rooms = conversations.filter(({ address }) => address.startsWith('#'))
    const talks = conversations.filter(({ address }) => address.startsWith('@'))
    const here = this.#renderHere()
    const isShown = (name: string): boolean => here.has(name) || this.#chat.conversations.has(`@${name}`)
    const others = [...this.#chat.people].filter((name) => !isShown(name)).sort()
    arrange(
      this.#rooms,
      rooms.map((room) => this.#item(room.address, room)),
    )
    const known = talks.map((talk) => this.#item(talk.address, talk))
    const strangers = others.map((name) => this.#item(`@${name}`, null))
    arrange(this.#people, [...known, ...strangers])
    part('nobody', HTMLParagraphElement).hidden = talks.length + others.length > 0
    this.#count(conversations)
  }

  /** Shows the people in the room, and returns their names. */
  #renderHere(): Set<string> {
    const { present, room, me } = this.#chat
    const people = present === undefined ? [] : peopleIn(present, me)
    part('here-room', HTMLSpanElement).textContent = room.slice(1)
    part('crowd', HTMLParagraphElement).hidden = present === undefined || !isCrowd(present)
    arrange(
      this.#here,
      people.map((person) => this.#person(person)),
    )
    return new Set(people.map(({ name }) => name))
  }

  #person(person: Person): HTMLLIElement {
    const { name, mine, away } = person
    const item = this.#persons.get(name) ?? make('li', 'person', this.#face(name, mine))
    this.#persons.set(name, item)
    item.classList.toggle('away', away)
    const note = noteOf(person)
    const shown = item.querySelector('.item-note')
    if (shown !== null && shown.textContent !== note) shown.textContent = note
    return item
  }

  /** A person in the list: a button that opens a conversation, except for the own user. */
  #face(name: string, mine: boolean): HTMLElement {
    const face = mine ? make('span', 'item') : makeButton('item', '', () => this.#pick(`@${name}`))
    face.append(
      make('span', 'presence', avatar(name)),
      make('span', 'item-name', name),
      make('span', 'item-note'),
    )
    return face
  }

  #pick(address: string): void {
    this.#chat.open(address)
    this.#picked()
  }

  get #open(): boolean {
    return document.body.classList.contains('menu-open')
  }

  #slide(open: boolean): void {
    document.body.classList.toggle('menu-open', open)
    this.#menu.setAttribute('aria-expanded', String(open))
    const next = open ? part('close-menu', HTMLButtonElement) : this.#menu
    next.focus()
  }

  #openRooms(): void {
    const form = part('open-room', HTMLFormElement)
    const input = part('room-name', HTMLInputElement)
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const name = input.value.trim().replace(/^#/, '').trim()
      if (!this.#chat.open(`#${name}`)) return
      input.value = ''
      this.#picked()
    })
  }

  #item(address: string, conversation: Conversation | null): HTMLLIElement {
    const item = this.#items.get(address) ?? this.#newItem(address)
    const button = item.firstElementChild
    const unread = conversation?.unread ?? 0
    if (conversation === this.#chat.current) button?.setAttribute('aria-current', 'true')
    else button?.removeAttribute('aria-current')
    button?.querySelector('.badge')?.remove()
    if (unread > 0) button?.append(badge(unread))
    return item
  }

  #newItem(address: string): HTMLLIElement {
    const name = address.slice(1)
    const sign = address.startsWith('#') ? make('span', 'hash', '#') : avatar(name)
    const button = makeButton('item', '', () => this.#pick(address))
    button.append(sign, make('span', 'item-name', name))
    const item = make('li', '', button)
    this.#items.set(address, item)
    return item
  }

  #picked(): void {
    if (this.#open) this.#slide(false)
    part('text', HTMLTextAreaElement).focus()
  }

  #count(conversations: readonly Conversation[]): void {
    const unread = conversations.reduce((sum, conversation) => sum + conversation.unread, 0)
    document.title = unread > 0 ? `(${unread}) Chat` : 'Chat'
    part('elsewhere', HTMLSpanElement).hidden = unread === 0
  }
}

function noteOf({ mine, tabs, away }: Person): string {
  return [mine && 'you', tabs > 1 && `${tabs} tabs`, away && 'away']
    .filter((word) => word !== false)
    .join(', ')
}

function badge(unread: number): HTMLElement {
  const element = make('span', 'badge', unread > 99 ? '99+' : String(unread))
  element.setAttribute('aria-label', `${unread} unread`)
  return element
}
