import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { defineWriterSuite } from '../../../test-support/brokers/client-writers.ts'
import { SqliteBackplane } from '../src/sqlite-backplane.ts'
import { SqliteStore } from '../src/sqlite-store.ts'
import { driver } from './support/store.ts'
import { temporaryRoot } from './support/temporary.ts'

defineWriterSuite(
  { describe, it },
  {
    name: 'sqlite',
    async start() {
      const folder = mkdtempSync(join(temporaryRoot, 'chat-sqlite-'))
      const database = driver.open(join(folder, 'chat.db'))
      const store = new SqliteStore(database, {})
      return {
        node: async () => new SqliteBackplane(store, () => {}),
        async stop() {
          store.close()
          database.close()
          rmSync(folder, { recursive: true, force: true })
        },
      }
    },
  },
)
