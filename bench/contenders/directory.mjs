/**
 * The rooms and users of a server that is written by hand. `send(peers, text)` sends a text to peers, which are
 * objects of any kind. A server with rooms of its own gives `join(peer, room)` and `publish(peer, room, text)`.
 */
export class Directory {
  #rooms = new Map()
  #users = new Map()
  #send
  #join
  #publish

  constructor({ send, join, publish }) {
    this.#send = send
    this.#join = join ?? ((peer, room) => this.#enter(peer, room))
    this.#publish = publish ?? ((_peer, room, text) => send(this.#rooms.get(room) ?? [], text))
  }

  /** Enters a peer whose query names its user and its rooms. */
  enterByQuery(peer, url) {
    const query = new URL(url, 'http://localhost').searchParams
    this.#known(peer, query.get('user'))
    for (const room of query.getAll('room')) this.#join(peer, room)
    this.#send([peer], 'ready')
  }

  /** Carries out the text of a client. */
  receive(peer, text) {
    const { hello, join, room, user, event, data, ask, ref } = JSON.parse(text)
    if (room !== undefined) this.#publish(peer, room, JSON.stringify({ event, data }))
    else if (user !== undefined) this.#send([this.#users.get(user)], JSON.stringify({ event, data }))
    else if (ask !== undefined) this.#send([peer], JSON.stringify({ answer: ask, data }))
    else if (join !== undefined) this.#join(peer, join)
    else {
      this.#known(peer, hello)
      this.#send([peer], JSON.stringify({ welcome: hello }))
    }
    if (ref !== undefined) this.#send([peer], `{"ok":${ref}}`)
  }

  /** Forgets a peer whose connection was closed. */
  leave(peer) {
    this.#users.delete(peer.user)
    for (const room of peer.rooms ?? []) this.#rooms.get(room).delete(peer)
  }

  #known(peer, user) {
    peer.user = user
    this.#users.set(user, peer)
  }

  #enter(peer, room) {
    if (!this.#rooms.has(room)) this.#rooms.set(room, new Set())
    this.#rooms.get(room).add(peer)
    peer.rooms ??= []
    peer.rooms.push(room)
  }
}
