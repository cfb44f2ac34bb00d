import { dial } from '@chat/browser'
import { ChatError, type ConnectionHints, type Undo } from '@chat/core'
import type { Connection, Dialer } from '@chat/core/transport'

/**
 * The line from this page to the server, with a switch. A cut line loses its connection and opens no other, so the
 * client and the hub see a pulled cable. A page without a switch calls `connect('/chat', …)` instead.
 */
export class Line {
  readonly #dial = dial('/chat')
  #connection: Connection | null = null
  #hints: ConnectionHints | null = null
  #isCut = false

  get isCut(): boolean {
    return this.#isCut
  }

  cut(): void {
    this.#isCut = true
    this.#connection?.abort(cutError())
  }

  mend(): void {
    this.#isCut = false
    this.#hints?.wake()
  }

  /** Option of the client: opens a connection, unless the line is cut. */
  readonly dial: Dialer = async (options) => {
    if (this.#isCut) throw cutError()
    const connection = await this.#dial(options)
    if (this.#isCut) {
      connection.abort(cutError())
      throw cutError()
    }
    this.#connection = connection
    return connection
  }

  /** Option of the client: tells it when the browser is online again, or the page is looked at again. */
  readonly environment = (hints: ConnectionHints): Undo => {
    this.#hints = hints
    const stop = new AbortController()
    const back = (): void => {
      hints.wake()
      hints.check()
    }
    addEventListener('online', () => hints.online(true), { signal: stop.signal })
    addEventListener('offline', () => hints.online(false), { signal: stop.signal })
    document.addEventListener('visibilitychange', () => document.hidden || back(), { signal: stop.signal })
    return () => stop.abort()
  }
}

const cutError = (): ChatError => new ChatError('unavailable', 'unable to connect: the line is cut')
