/** The wire of Socket.IO's clients over a WebSocket: packets of Engine.IO 4 with packets of Socket.IO 5. */
export const wire = {
  path: (room, receives) => `/socket.io/?EIO=4&transport=websocket${receives ? `&room=${room}` : ''}`,
  hello: () => '40',
  isReady: (text) => text === '42["ready"]',
  isPing: (text) => text === '2',
  pong: '3',
  isError: (text) => text.startsWith('44'),
  say: (room, _ref, data) => `42["say","${room}",${data}]`,
  count: (text) => (text.startsWith('42["say"') ? 1 : 0),
}
