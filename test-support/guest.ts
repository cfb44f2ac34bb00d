import type { Client, ClientStatus, Room, Untyped } from '@chat/core'
import { onTestFinished } from 'vitest'

/** A client in the lobby, with everything it was told, in order. */
export class Guest {
  readonly client: Client
  readonly lobby: Room<Untyped>
  /** The data of the lobby's messages, and `gap: <reason>`. */
  readonly heard: unknown[] = []
  readonly statuses: ClientStatus[] = []
  /** Why each connection was lost. */
  readonly reasons: string[] = []
  readonly errors: string[] = []
  /** How long to wait for something at most, in milliseconds. */
  patience = 15_000
  readonly #looks = new Set<() => void>()

  constructor(client: Client) {
    this.client = client
    this.client.on('$status', ({ status, error }) =>
      this.#note(() => {
        this.statuses.push(status)
        if (error !== undefined) this.reasons.push(error.message)
      }),
    )
    this.client.on('$error', ({ error }) => this.#note(() => this.errors.push(String(error))))
    this.lobby = this.client.join('#lobby')
    this.lobby.on('say', (data) => this.#note(() => this.heard.push(data)))
    this.lobby.on('$gap', ({ reason }) => this.#note(() => this.heard.push(`gap: ${reason}`)))
    onTestFinished(() => this.client.close())
  }

  static async enter(client: Client): Promise<Guest> {
    const guest = new Guest(client)
    await guest.lobby.ready
    return guest
  }

  /** Sends to the lobby. Resolves with how that ended: `ok`, or the error's code. */
  say(data: unknown): Promise<string> {
    return this.client
      .to('#lobby')
      .send('say', data)
      .then(
        () => 'ok',
        ({ code }) => code,
      )
  }

  /** Waits until something is true of what it was told. */
  until(what: string, condition: (guest: this) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!condition(this)) return
        this.#looks.delete(look)
        clearTimeout(late)
        resolve()
      }
      const { heard, statuses, reasons, errors } = this
      const late = setTimeout(
        () => reject(new Error(`no ${what}: ${JSON.stringify({ heard, statuses, reasons, errors })}`)),
        this.patience,
      )
      this.#looks.add(look)
      look()
    })
  }

  /** Waits until so much was heard, and gives it. */
  async hears(count: number): Promise<unknown[]> {
    await this.until(`${count} messages`, ({ heard }) => heard.length >= count)
    return this.heard
  }

  /** Waits until a status is reached, counted from the first. */
  reaches(status: ClientStatus): Promise<void> {
    return this.until(status, ({ client }) => client.status === status)
  }

  #note(happened: () => void): void {
    happened()
    for (const look of [...this.#looks]) look()
  }
}
