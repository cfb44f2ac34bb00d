// The frames of chat.v1 that the bench needs; see docs/protocol.md.

/** The wire of a hub's clients. */
export const wire = {
  acknowledges: true,
  path: () => '/chat',
  steps: ({ user, room }) => [
    {
      send: JSON.stringify(['hello', { v: [1, 1], token: user }]),
      until: (text) => text.startsWith('["welcome"'),
    },
    ...(room === null
      ? []
      : [{ send: `["join",1,"#${room}"]`, until: (text) => text.startsWith('["ok",1,') }]),
  ],
  pong: '["pong"]',
  say: (room, ref, data) => `["send",${ref},"#${room}","say",${data}]`,
  tell: (user, ref, data) => `["send",${ref},"@${user}","say",${data}]`,
  ask: (ref, data) => `["call",${ref},"echo",${data}]`,
  /** A transmission may hold many frames, one a line. */
  read(text, heard) {
    for (let at = 0; at >= 0; at = nextLine(text, at)) readFrame(text, at, heard)
  },
}

/** The third character tells the frames of the bench apart. */
function readFrame(text, at, heard) {
  const letter = text[at + 2]
  if (letter === 'm') heard.messages++
  else if (letter === 'o') heard.answers++
  else if (text.startsWith('["ping"', at)) heard.ping = true
  else if (letter === 'e') heard.error = text.slice(at, at + 200)
}

function nextLine(text, at) {
  const end = text.indexOf('\n', at)
  return end < 0 ? -1 : end + 1
}
