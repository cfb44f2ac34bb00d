import type { Client, ClientStatus, Room, Untyped } from '@chat/core'
import { onTestFinished } from 'vitest'

/** A client in the lobby, with all its events in order. */
export class Guest {
  readonly client: Client
  readonly lobby: Room<Untyped>
  /** The data of the lobby's messages, and `gap: <reason>`. */
  readonly heard: unknown[] = []
  readonly statuses: ClientStatus[] = []
  /** Reason of the loss of each connection. */
  readonly reasons: string[] = []
  readonly errors: string[] = []
  /** Maximum wait for a condition, in milliseconds. */
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

  /** Sends to the lobby. Resolves with the outcome: `ok`, or the error's code. */
  say(data: unknown): Promise<string> {
    return this.client
      .to('#lobby')
      .send('say', data)
      .then(
        () => 'ok',
        ({ code }) => code,
      )
  }

  /** Waits until a condition on the received events holds. */
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
        () =>
          reject(new Error(`unable to see ${what}: ${JSON.stringify({ heard, statuses, reasons, errors })}`)),
        this.patience,
      )
      this.#looks.add(look)
      look()
    })
  }

  /** Waits until `count` messages were received, and resolves with their data. */
  async hears(count: number): Promise<unknown[]> {
    await this.until(`${count} messages`, ({ heard }) => heard.length >= count)
    return this.heard
  }

  /** Waits until the client has a status. */
  reaches(status: ClientStatus): Promise<void> {
    return this.until(status, ({ client }) => client.status === status)
  }

  #note(happened: () => void): void {
    happened()
    for (const look of [...this.#looks]) look()
  }
}
