/** The wire of the plain WebSocket servers: the query names the user and the rooms, and nothing is acknowledged. */
export const wire = {
  acknowledges: false,
  path: ({ user, rooms }) =>
    `/?${new URLSearchParams([['user', user], ...rooms.map((room) => ['room', room])])}`,
  steps: () => [{ send: null, until: (text) => text === 'ready' }],
  say: (room, _ref, data) => `{"room":"${room}","event":"say","data":${data}}`,
  tell: (user, _ref, data) => `{"user":"${user}","event":"say","data":${data}}`,
  ask: (ref, data) => `{"ask":${ref},"data":${data}}`,
  read(text, heard) {
    if (text.startsWith('{"event"')) heard.messages++
    else if (text.startsWith('{"answer"')) heard.answers++
  },
}
