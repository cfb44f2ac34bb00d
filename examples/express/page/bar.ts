import type { Chat } from './chat.ts'
import { part } from './dom.ts'
import { keptText } from './kept.ts'
import { sentence } from './people.ts'

const words = {
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Reconnecting…',
  closed: 'Disconnected',
}

/** Shows the title of the open conversation and the state of the connection. */
export class Bar {
  readonly #chat: Chat
  readonly #status = part('status', HTMLParagraphElement)
  readonly #text = part('status-text', HTMLSpanElement)
  readonly #notice = part('notice', HTMLParagraphElement)
  #since = 0
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(chat: Chat) {
    this.#chat = chat
    part('leave', HTMLButtonElement).addEventListener('click', () => chat.leave(chat.current))
    part('again', HTMLButtonElement).addEventListener('click', () => location.reload())
  }

  render(): void {
    const { address } = this.#chat.current
    const person = address.startsWith('@')
    part('title', HTMLHeadingElement).textContent = address.slice(1)
    part('title', HTMLHeadingElement).dataset['kind'] = person ? 'person' : 'room'
    const subtitle = person ? 'Only the two of you' : sentence(this.#chat.present, this.#chat.me)
    const shown = part('subtitle', HTMLParagraphElement)
    // Set only when it differs: screen readers announce each assignment.
    if (shown.textContent !== subtitle) shown.textContent = subtitle
    part('kept', HTMLParagraphElement).textContent = keptText(this.#chat.kept.get(address))
    const leave = part('leave', HTMLButtonElement)
    leave.hidden = address === '#lobby'
    leave.textContent = person ? 'Close' : 'Leave'
    this.#connection()
  }

  #connection(): void {
    const { status } = this.#chat
    if (this.#status.dataset['status'] !== status) {
      this.#status.dataset['status'] = status
      this.#text.textContent = words[status]
      this.#count(status === 'reconnecting')
    }
    this.#say()
  }

  /** Counts the seconds without a connection, so that the page visibly still works. */
  #count(counting: boolean): void {
    clearInterval(this.#timer)
    this.#since = Date.now()
    if (counting) this.#timer = setInterval(() => this.#say(), 1_000)
  }

  #say(): void {
    const { status, trouble } = this.#chat
    const text = part('notice-text', HTMLSpanElement)
    this.#notice.hidden = status === 'connected' || status === 'connecting'
    part('again', HTMLButtonElement).hidden = status !== 'closed'
    const seconds = Math.round((Date.now() - this.#since) / 1_000)
    const words =
      status === 'closed'
        ? `The connection has ended: ${trouble ?? 'it was closed'}. `
        : `The server ${absence(seconds)}. Your messages wait, and are sent when it is back.`
    if (text.textContent !== words) text.textContent = words
  }
}

const absence = (seconds: number): string =>
  seconds < 3 ? 'is unreachable' : `has been unreachable for ${seconds} s`
