import { contract, stream } from '@chat/core'
import { z } from 'zod'

const line = z.object({ text: z.string().trim().min(1).max(2_000) })
const position = z.tuple([z.string(), z.number(), z.string().nullable()]).readonly()

/** Names that the server and the page share, with their data. */
export const chat = contract({
  events: {
    say: line,
    edit: line,
    remove: z.null(),
    react: z.object({ emoji: z.string().max(16), on: z.boolean() }),
    typing: z.boolean(),
    read: position,
  },
  serverEvents: { mention: z.object({ from: z.string(), room: z.string(), text: z.string() }) },
  streams: { answer: stream(z.string()) },
  calls: {
    erase: { input: z.object({ room: z.string(), position }), output: z.null() },
    expel: { input: z.object({ room: z.string(), user: z.string() }), output: z.null() },
    ban: { input: z.object({ user: z.string() }), output: z.null() },
  },
})
export type Chat = typeof chat
