import type { Chat } from './chat.ts'
import { part } from './dom.ts'
import { type Choice, readTarget, type Target } from './target.ts'

/** The form for new messages; always shows the receiver. */
export class Composer {
  readonly #chat: Chat
  readonly #form = part('composer', HTMLFormElement)
  readonly #text = part('text', HTMLTextAreaElement)
  readonly #drafts = new Map<string, string>()
  #shown = ''

  constructor(chat: Chat) {
    this.#chat = chat
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
    part('targets', HTMLFieldSetElement).addEventListener('change', () => this.#chosen())
  }

  render(): void {
    const { address } = this.#chat.current
    if (address !== this.#shown) this.#switch(address)
    this.#label()
    part('typing', HTMLParagraphElement).textContent = typingText(this.#chat.typing.in(address))
  }

  get #choice(): Choice {
    return new FormData(this.#form).get('target') as Choice
  }

  set #choice(choice: Choice) {
    for (const radio of this.#form.querySelectorAll('input')) radio.checked = radio.value === choice
  }

  #target(): Target {
    return readTarget(this.#text.value, this.#choice, this.#chat.current.address)
  }

  /** Restores the draft of the conversation; each conversation keeps its own. */
  #switch(address: string): void {
    this.#drafts.set(this.#shown, this.#text.value)
    this.#text.value = this.#drafts.get(address) ?? ''
    this.#shown = address
    this.#choice = this.#target().choice
    this.#fit()
  }

  #typed(): void {
    this.#choice = this.#target().choice
    this.#fit()
    this.#label()
    const { choice, text } = this.#target()
    const { address } = this.#chat.current
    if (!address.startsWith('#') || choice !== 'here') return
    if (text === '') this.#chat.typing.stopped(address)
    else this.#chat.typing.pressed(address)
  }

  /** Called when a receiver is chosen: the text for a person begins with the name. */
  #chosen(): void {
    const { value } = this.#text
    if (this.#choice === 'person' && !value.startsWith('@')) this.#text.value = `@${value}`
    if (this.#choice === 'here') this.#text.value = value.replace(/^@\S*\s*/, '')
    this.#label()
    if (this.#choice === 'person') {
      this.#text.focus()
      this.#text.setSelectionRange(1, 1)
    }
  }

  #send(): void {
    const target = this.#target()
    if (target.address === null || target.text === '') return
    this.#text.value = ''
    this.#choice = 'here'
    this.#fit()
    this.#chat.send(target)
    this.#label()
  }

  #label(): void {
    const { address: here } = this.#chat.current
    const { choice, address } = this.#target()
    const person = choice === 'person' && address !== null ? address.slice(1) : null
    const prompts = {
      here: nameOf(here),
      person: person ?? 'one person: @name, then the message',
      everyone: 'everyone',
    }
    part('target-here', HTMLSpanElement).textContent = here.startsWith('#')
      ? `# ${here.slice(1)}`
      : `@ ${here.slice(1)}`
    part('target-person', HTMLSpanElement).textContent = person === null ? '@ One person' : `@ ${person}`
    this.#form.dataset['choice'] = choice === 'here' && here.startsWith('@') ? 'person' : choice
    this.#text.placeholder = `Write to ${prompts[choice]}`
    this.#form.classList.toggle('ready', address !== null && this.#target().text !== '')
  }

  /** Fits the height to the text, for engines without `field-sizing`. */
  #fit(): void {
    if (CSS.supports('field-sizing', 'content')) return
    this.#text.style.height = 'auto'
    this.#text.style.height = `${this.#text.scrollHeight}px`
  }
}

const nameOf = (address: string): string => (address.startsWith('#') ? address : address.slice(1))

function typingText(names: readonly string[]): string {
  const [first, second] = names
  if (first === undefined) return ''
  if (second === undefined) return `${first} is typing`
  return names.length === 2
    ? `${first} and ${second} are typing`
    : `${first}, ${second} and others are typing`
}
