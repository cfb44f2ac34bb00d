import { wire as plain } from './ws.mjs'

/** The wire of the acknowledging WebSocket servers: frames for hello, welcome and join, and an answer to each message. */
export const wire = {
  acknowledges: true,
  path: () => '/',
  steps: ({ user, rooms }) => [
    { send: `{"hello":"${user}"}`, until: (text) => text.startsWith('{"welcome"') },
    ...rooms.map((room) => ({ send: `{"ref":1,"join":"${room}"}`, until: (text) => text === '{"ok":1}' })),
  ],
  say: (room, ref, data) => `{"ref":${ref},${plain.say(room, ref, data).slice(1)}`,
  tell: (user, ref, data) => `{"ref":${ref},${plain.tell(user, ref, data).slice(1)}`,
  ask: plain.ask,
  read(text, heard) {
    if (text.startsWith('{"ok"')) heard.answers++
    else plain.read(text, heard)
  },
}
