import { Client, type HistoryPage } from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import { dial } from '@chat/node-ws'
import { type BackplaneSpec, openBackplane } from './backplane-spec.ts'
import { type LogCopy, type LoggedMessage, room, type Said } from './journal.ts'

/** Number of messages that are read at once. */
const pageSize = 500

/** Reads the whole log of the room, as often as asked. */
export interface LogReader {
  read(): Promise<LogCopy>
  close(): Promise<void>
}

/**
 * Opens a backplane for the judge, and reads the log through it. A log in the memory or in
 * the file of a hub can only be read through that hub.
 */
export async function openLogReader(spec: BackplaneSpec, hubPort: number): Promise<LogReader> {
  const backplane = spec.kind === 'sqlite' ? undefined : await openBackplane(spec)
  if (backplane === undefined) return throughHub(hubPort)
  return { read: () => throughBackplane(backplane), close: () => backplane.close() }
}

async function throughBackplane(backplane: Backplane): Promise<LogCopy> {
  const entries: LoggedMessage[] = []
  for (let after = 0; ; ) {
    const page = await backplane.read(room, { after, limit: pageSize })
    for (const { at, id, data } of page.entries) entries.push({ at, id, ...labelOf(JSON.parse(data)) })
    const { epoch, base, top, topId } = page
    if (!page.more) return { epoch, base, top, topId, entries }
    after = page.entries.at(-1)?.at ?? top
  }
}

function throughHub(port: number): LogReader {
  const client = new Client({ dial: dial(`http://127.0.0.1:${port}/chat`), token: 'judge' })
  return {
    async read() {
      const entries: LoggedMessage[] = []
      for (let after = 0; ; ) {
        const page = await client.history(room, { after, limit: pageSize })
        entries.push(...loggedOf(page))
        const { epoch, base, top } = page
        if (!page.more) return { epoch, base, top, topId: entries.at(-1)?.id ?? null, entries }
        after = entries.at(-1)?.at ?? top
      }
    },
    close: async () => client.close(),
  }
}

const loggedOf = ({ messages }: HistoryPage): LoggedMessage[] =>
  messages.map(({ id, position, data }) => ({ at: position[1], id, ...labelOf(data as Said) }))

const labelOf = ({ sender, n }: Said): Said => ({ sender, n })
