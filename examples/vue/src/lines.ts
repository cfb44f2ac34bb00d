import type { GapItem, MessageItem } from '@chat/vue'
import type { Chat } from '../hub.ts'
import { username } from './chat.ts'

/** A line of a page's log. */
export interface Line {
  readonly key: string
  readonly from: string
  readonly text: string
  /** When the hub stored the message; `Infinity` while it is on its way. */
  readonly time: number
  /** `true` for a message to a single user. */
  readonly direct: boolean
  /** Reason of the hub, when it has refused the message. */
  readonly trouble?: string | undefined
}

/** Returns the lines of a list. Where messages are lost, such as after a restart of the server, a line tells so. */
export function linesOf(items: readonly (MessageItem<Chat, 'message'> | GapItem)[], direct = false): Line[] {
  let time = 0
  return items.map((item) => {
    const key = `${direct}${item.key}`
    if (item.event === '$gap')
      return { key, from: 'the client', text: 'messages are missing here', time, direct }
    time = item.time ?? Number.POSITIVE_INFINITY
    const from = item.mine ? username : (item.from ?? 'server')
    return { key, from, text: item.data?.text ?? '', time, direct, trouble: item.error?.message }
  })
}

/** Returns the lines of several lists in the order of their times. */
export const merged = (...lists: readonly Line[][]): Line[] =>
  lists.flat().sort((a, b) => (a.time === b.time ? 0 : a.time - b.time))
