import { part, say } from './dom.ts'
import type { Person } from './person.ts'

const burst = 20

/** The form for new messages; always shows the receiver. */
export class Composer {
  readonly #person: Person
  readonly #form = part('composer', HTMLFormElement)
  readonly #text = part('text', HTMLTextAreaElement)
  #to: string | null = null
  #sent = 0

  constructor(person: Person) {
    this.#person = person
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#send()
    })
    this.#text.addEventListener('input', () => this.#typed())
    this.#text.addEventListener('keydown', (event) => {
      // Enter belongs to the input method while it composes a Japanese or Chinese word.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
      event.preventDefault()
      this.#send()
    })
    part('to-all', HTMLButtonElement).addEventListener('click', () => this.writeTo(null))
    part('burst', HTMLButtonElement).addEventListener('click', () => {
      for (let i = 0; i < burst; i++) person.send(`line ${++this.#sent}`)
    })
  }

  /** Chooses the receiver of the next messages: a person, or `null` for everyone here. */
  writeTo(to: string | null): void {
    this.#to = to
    this.render()
    this.#text.focus()
  }

  render(): void {
    this.#form.classList.toggle('private', this.#to !== null)
    part('to-all', HTMLButtonElement).hidden = this.#to === null
    say(part('to', HTMLSpanElement), this.#to === null ? '' : `Only to ${this.#to}`)
    this.#text.placeholder = this.#to === null ? 'Write to everyone' : `Write only to ${this.#to}`
    say(part('typing', HTMLParagraphElement), typingText(this.#person.typing.names))
  }

  #typed(): void {
    this.#fit()
    if (this.#to !== null) return
    if (this.#text.value.trim() === '') this.#person.typing.stopped()
    else this.#person.typing.pressed()
  }

  #send(): void {
    const text = this.#text.value.trim()
    if (text === '') return
    this.#text.value = ''
    this.#fit()
    this.#person.send(text, this.#to)
  }

  /** Fits the height to the text, for engines without `field-sizing`. */
  #fit(): void {
    this.#form.classList.toggle('ready', this.#text.value.trim() !== '')
    if (CSS.supports('field-sizing', 'content')) return
    this.#text.style.height = 'auto'
    this.#text.style.height = `${this.#text.scrollHeight}px`
  }
}

function typingText([first, second, ...others]: readonly string[]): string {
  if (first === undefined) return ''
  if (second === undefined) return `${first} is typing`
  return others.length === 0 ? `${first} and ${second} are typing` : `${first} and others are typing`
}
