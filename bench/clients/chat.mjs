// The frames of chat.v1 that the bench needs; see docs/protocol.md.

/** The wire of a hub's clients. */
export const wire = {
  acknowledges: true,
  path: () => '/chat',
  steps: ({ user, rooms }) => [
    hello({
      token: user,
      streams: rooms.length > 1 ? Object.fromEntries(rooms.map((room) => [`#${room}`, null])) : {},
    }),
    ...(rooms.length === 1 ? [join(rooms[0])] : []),
  ],
  /** Resumes the session of the welcome, at the positions of the welcome and of the join. */
  resumeSteps({ user, rooms }, [welcome, joined]) {
    const [, { session, streams }] = JSON.parse(welcome)
    const positions = Object.entries(streams).map(([address, place]) => [address, positionOf(place)])
    if (joined !== undefined) positions.push([`#${rooms[0]}`, positionOf(JSON.parse(joined)[2])])
    const step = hello({ token: user, session: { ...session, n: 1 }, streams: Object.fromEntries(positions) })
    return [{ ...step, until: (text) => step.until(text) && isResumed(text) }]
  },
  pong: '["pong"]',
  say: (room, ref, data) => `["send",${ref},"#${room}","say",${data}]`,
  tell: (user, ref, data) => `["send",${ref},"@${user}","say",${data}]`,
  ask: (ref, data) => `["call",${ref},"echo",${data}]`,
  /** A transmission may hold many frames, one a line. */
  read(text, heard) {
    for (let at = 0; at >= 0; at = nextLine(text, at)) readFrame(text, at, heard)
  },
}

const hello = (fields) => ({
  send: JSON.stringify(['hello', { v: [1, 1], ...fields }]),
  until: (text) => text.startsWith('["welcome"'),
})

const join = (room) => ({ send: `["join",1,"#${room}"]`, until: (text) => text.startsWith('["ok",1,') })

const positionOf = ({ epoch, at, id }) => [epoch, at, id]

function isResumed(text) {
  if (text.includes('"resumed":true')) return true
  throw new Error(`a session was not resumed: ${text}`)
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
