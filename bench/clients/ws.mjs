const query = (user, room) => `/?user=${user}${room === null ? '' : `&room=${room}`}`

/** The wire of the plain WebSocket servers: the query names the user and the room, and nothing is acknowledged. */
export const wire = {
  acknowledges: false,
  path: ({ user, room }) => query(user, room),
  steps: () => [{ send: null, until: (text) => text === 'ready' }],
  say: (room, _ref, data) => `{"room":"${room}","event":"say","data":${data}}`,
  tell: (user, _ref, data) => `{"user":"${user}","event":"say","data":${data}}`,
  ask: (ref, data) => `{"ask":${ref},"data":${data}}`,
  read(text, heard) {
    if (text.startsWith('{"event"')) heard.messages++
    else if (text.startsWith('{"answer"')) heard.answers++
  },
}
