// The frames of chat.v1 that the bench needs; see docs/protocol.md.
let users = 0

/** The wire of a hub's clients. */
export const wire = {
  path: () => '/chat',
  hello: (room, receives) =>
    JSON.stringify([
      'hello',
      { v: [1, 1], token: `user-${++users}`, streams: receives ? { [`#${room}`]: null } : {} },
    ]),
  isReady: (text) => text.startsWith('["welcome"'),
  isPing: (text) => text.startsWith('["ping"') || text.includes('\n["ping"'),
  pong: '["pong"]',
  isError: (text) => text.startsWith('["err"') || text.includes('\n["err"'),
  say: (room, ref, data) => `["send",${ref},"#${room}","say",${data}]`,
  /** A transmission may hold many messages; no payload of the bench contains the start of one. */
  count(text) {
    let messages = 0
    for (let at = text.indexOf('["msg"'); at >= 0; at = text.indexOf('["msg"', at + 6)) messages++
    return messages
  },
}
