import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Backplane } from '@chat/core/backplane'
import { sqliteBackplane } from '@chat/sqlite'
import Database from 'libsql'
import type { Kept } from './contract.ts'
import { fail } from './listen.ts'

/** The file with messages and sessions; DATA names another. */
const file = process.env['DATA'] || fileURLToPath(new URL('data/chat.db', import.meta.url))
const startedAt = Date.now()
const database = open()

/** The backplane of the hub: it keeps every message. */
export const backplane: Backplane = startOrEnd(() => sqliteBackplane(database, { keep: 'all' }))

const messagesOf = database.prepare(
  'SELECT count(*) AS messages, min(time) AS since FROM messages WHERE address = ?',
)

/** Counts the messages of a room in the file. The history is the database, so SQL can read it. */
export function keptMessages(room: string): Kept {
  const row = messagesOf.get(room) as { readonly messages: number; readonly since: number | null }
  return { messages: row.messages, since: row.since ?? startedAt, startedAt }
}

function open(): Database.Database {
  return startOrEnd(() => {
    mkdirSync(dirname(file), { recursive: true })
    return new Database(file)
  })
}

/** Prints the reason in one line when the file cannot be used, and ends. */
function startOrEnd<T>(start: () => T): T {
  try {
    return start()
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}
