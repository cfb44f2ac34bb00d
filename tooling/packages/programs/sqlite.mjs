// A hub over the runtime's own SQLite is started twice on the same file: the messages are still there. Node 20
// has no SQLite of its own.
import { deepEqual, equal, throws } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hub } from '@chat/core'
import { sqliteBackplane } from '@chat/sqlite'

const folder = mkdtempSync(join(tmpdir(), 'chat-sqlite-'))
const file = join(folder, 'chat.db')
const Database = await driver()

for (const round of Database === null ? [] : [1, 2]) {
  const database = new Database(file)
  const hub = new Hub({ backplane: sqliteBackplane(database, { keep: 'all' }) })
  await hub.to('#lobby').send('say', `message ${round} ☕`)
  throws(() => sqliteBackplane(new Database(file)), /in use by another process, or by another backplane/)
  await hub.close()
  database.close()
}
if (Database !== null) {
  const rows = new Database(file).prepare('SELECT address, data FROM messages ORDER BY at').all()
  deepEqual(
    rows.map(({ address, data }) => [address, JSON.parse(data)]),
    [
      ['#lobby', 'message 1 ☕'],
      ['#lobby', 'message 2 ☕'],
    ],
  )
}
equal(typeof sqliteBackplane, 'function')
rmSync(folder, { recursive: true, force: true })

async function driver() {
  if ('Bun' in globalThis) return (await import('bun:sqlite')).Database
  return import('node:sqlite').then(
    ({ DatabaseSync }) => DatabaseSync,
    () => null,
  )
}
