import { payload } from '../run/payload.mjs'

/**
 * A lane whose operation is a message from a client to another. It ends when the message has arrived, and is acknowledged
 * if the wire does so.
 */
export class Pair {
  #sender
  #answers
  #left = 0
  #done = null
  #sent = 0

  constructor(clients, { sender, receivers }) {
    this.#sender = sender
    this.#answers = clients.wire.acknowledges ? 1 : 0
    for (const receiver of receivers) receiver.onMessages = (count) => this.#heard(count)
    sender.onAnswers = (count) => this.#heard(count)
  }

  /** Sends a message to a user. */
  tell({ identity: { user } }, done) {
    this.#expect(done)
    this.#sender.tell(user, payload(++this.#sent))
  }

  /** Sends a message to a room of which one receiver is a member. */
  say(room, done) {
    this.#expect(done)
    this.#sender.say(room, payload(++this.#sent))
  }

  #expect(done) {
    this.#left = 1 + this.#answers
    this.#done = done
  }

  #heard(count) {
    this.#left -= count
    if (this.#left < 0) throw new Error('a message came twice')
    if (this.#left === 0) this.#done()
  }
}
