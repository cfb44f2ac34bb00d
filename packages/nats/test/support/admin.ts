import { connect, type NatsConnection } from '@nats-io/transport-node'
import { Names } from '../../src/names.ts'

interface StreamInfo {
  readonly state?: { readonly subjects?: Readonly<Record<string, number>>; readonly consumer_count: number }
}

/** A second way to a NATS server, by which tests look at its streams and change them. */
export class Admin {
  readonly #connection: NatsConnection

  private constructor(connection: NatsConnection) {
    this.#connection = connection
  }

  /** Connects to one of the servers. */
  static async connect(...servers: string[]): Promise<Admin> {
    return new Admin(await connect({ servers, reconnectTimeWait: 50, maxReconnectAttempts: -1 }))
  }

  /** Sends a request of JetStream's API, and resolves with its answer. */
  async call<T>(name: string, body: unknown = {}): Promise<T> {
    const answer = await this.#connection.request(`$JS.API.${name}`, JSON.stringify(body), { timeout: 5_000 })
    return answer.json<T>()
  }

  /** Publishes a text without an answer. */
  publish(subject: string, text: string): void {
    this.#connection.publish(subject, text)
  }

  /** Stores a text in the stream that has a subject. */
  async store(subject: string, text: string): Promise<void> {
    await this.#connection.request(subject, text, { timeout: 5_000 })
  }

  /** Deletes the streams of a prefix. */
  async deleteStreams(prefix: string): Promise<void> {
    for (const name of streamsOf(prefix)) await this.call(`STREAM.DELETE.${name}`)
  }

  /** Removes all messages of the streams of a prefix, which stay. */
  async purgeStreams(prefix: string): Promise<void> {
    for (const name of streamsOf(prefix)) await this.call(`STREAM.PURGE.${name}`)
  }

  /** Removes all messages of a log. */
  async forgetLog(prefix: string, name: string): Promise<void> {
    const names = new Names(prefix)
    await this.call(`STREAM.PURGE.${names.streamOf(name)}`, { filter: names.log(name) })
  }

  /**
   * Removes the newest messages of a log, as a server does that lost its last writes. The server must then be
   * restarted: nats-server 2.9 does not find the newest message of a subject whose newest was deleted.
   */
  async rollBack(prefix: string, name: string, count: number): Promise<void> {
    const names = new Names(prefix)
    const sequences: number[] = []
    for (let seq = 1; ; seq = (sequences.at(-1) ?? 0) + 1) {
      const request = { seq, next_by_subj: names.log(name) }
      const answer = await this.call<{ message?: { seq: number } }>(
        `STREAM.MSG.GET.${names.streamOf(name)}`,
        request,
      )
      if (answer.message === undefined) break
      sequences.push(answer.message.seq)
    }
    for (const seq of sequences.slice(-count))
      await this.call(`STREAM.MSG.DELETE.${names.streamOf(name)}`, { seq })
  }

  /** Counts the subjects and consumers that the streams of a prefix hold, without the clock's. */
  async countEntries(prefix: string): Promise<number> {
    let count = 0
    for (const name of streamsOf(prefix)) {
      const { state } = await this.call<StreamInfo>(`STREAM.INFO.${name}`, { subjects_filter: '>' })
      const subjects = Object.keys(state?.subjects ?? {})
      count += subjects.filter((subject) => subject !== new Names(prefix).clock).length
      count += state?.consumer_count ?? 0
    }
    return count
  }

  /** Counts the consumers of the streams of a prefix. */
  async countConsumers(prefix: string): Promise<number> {
    let count = 0
    for (const name of streamsOf(prefix))
      count += (await this.call<StreamInfo>(`STREAM.INFO.${name}`)).state?.consumer_count ?? 0
    return count
  }

  /** Ends the connection. */
  close(): Promise<void> {
    return this.#connection.close()
  }
}

function streamsOf(prefix: string): string[] {
  const { logStream, openStream, sessionStream, presenceStream } = new Names(prefix)
  return [logStream, openStream, sessionStream, presenceStream]
}
