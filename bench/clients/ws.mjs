/** The wire of the plain WebSocket servers: a word and a room, then data. */
export const wire = {
  path: () => '/',
  hello: (room, receives) => JSON.stringify({ join: receives ? room : null }),
  isReady: (text) => text === 'ready',
  isPing: () => false,
  pong: '',
  isError: () => false,
  say: (room, _ref, data) => `{"room":"${room}","event":"say","data":${data}}`,
  count: () => 1,
}
