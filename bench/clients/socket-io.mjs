const path = '/socket.io/?EIO=4&transport=websocket'

/** The wire of Socket.IO's clients over a WebSocket: packets of Engine.IO 4 with packets of Socket.IO 5. */
export const wire = {
  acknowledges: false,
  path: ({ user, rooms: [room] }) => `${path}&user=${user}${room === undefined ? '' : `&room=${room}`}`,
  steps: () => [{ send: '40', until: (text) => text === '42["ready"]' }],
  pong: '3',
  say: (room, _ref, data) => `42["say","${room}",${data}]`,
  tell: (user, _ref, data) => `42["tell","${user}",${data}]`,
  ask: (ref, data) => `42${ref}["ask",${data}]`,
  read(text, heard) {
    if (text.startsWith('42["say"')) heard.messages++
    else if (text.startsWith('43')) heard.answers++
    else if (text === '2') heard.ping = true
    else if (text.startsWith('44')) heard.error = text
  },
}

/** The same, with an acknowledgement of each message, and a join that is a request. */
export const acknowledgedWire = {
  ...wire,
  acknowledges: true,
  path: ({ user }) => `${path}&user=${user}`,
  steps: ({ rooms }) => [
    { send: '40', until: (text) => text.startsWith('40{') },
    ...rooms.map((room) => ({ send: `421["join","${room}"]`, until: (text) => text === '431[]' })),
  ],
  say: (room, ref, data) => `42${ref}["say","${room}",${data}]`,
  tell: (user, ref, data) => `42${ref}["tell","${user}",${data}]`,
}
