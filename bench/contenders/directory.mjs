/**
 * The rooms and users of a server that is written by hand. `write(sockets, text)` sends a text to sockets.
 */
export class Directory {
  #rooms = new Map()
  #users = new Map()
  #write

  constructor(write) {
    this.#write = write
  }

  /** Enters a socket whose query names its user and its room. */
  enterByQuery(socket, url) {
    const query = new URL(url, 'http://localhost').searchParams
    this.#users.set(query.get('user'), socket)
    socket.user = query.get('user')
    if (query.has('room')) this.#join(socket, query.get('room'))
    this.#answer(socket, 'ready')
  }

  /** Carries out the text of a client. */
  receive(socket, text) {
    const { hello, join, room, user, event, data, ask, ref } = JSON.parse(text)
    if (ask !== undefined) return this.#answer(socket, `{"answer":${ask},"data":${JSON.stringify(data)}}`)
    if (hello !== undefined) this.#hello(socket, hello)
    else if (join !== undefined) this.#join(socket, join)
    else this.#deliver({ room, user }, JSON.stringify({ event, data }))
    if (ref !== undefined) this.#answer(socket, `{"ok":${ref}}`)
  }

  /** Forgets a socket that was closed. */
  leave(socket) {
    this.#users.delete(socket.user)
    for (const room of socket.rooms ?? []) this.#rooms.get(room).delete(socket)
  }

  #hello(socket, user) {
    socket.user = user
    this.#users.set(user, socket)
    this.#answer(socket, `{"welcome":"${user}"}`)
  }

  #join(socket, room) {
    if (!this.#rooms.has(room)) this.#rooms.set(room, new Set())
    this.#rooms.get(room).add(socket)
    socket.rooms ??= []
    socket.rooms.push(room)
  }

  #deliver({ room, user }, text) {
    if (user !== undefined) return this.#write([this.#users.get(user)], text)
    this.#write(this.#rooms.get(room) ?? [], text)
  }

  #answer(socket, text) {
    this.#write([socket], text)
  }
}
