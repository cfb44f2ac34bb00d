// Appends to two rooms until it is killed, and writes each answer. Arguments: the file, the first ref.
import { writeSync } from 'node:fs'
import { sqliteBackplane } from '../../src/index.ts'
import { openLibsql } from './libsql.ts'

const [, , path = '', first = '1'] = process.argv
const backplane = sqliteBackplane(openLibsql(path))
let ref = Number(first)

/** Appends some messages in one turn, and goes on in the next. */
function turn(): void {
  for (let n = 0; n < 8; n++, ref++) append(n % 2 ? '#one' : '#two', ref)
  setImmediate(turn)
}

function append(room: string, own: number): void {
  const message = {
    event: 'say',
    data: `"${own} ${'x'.repeat(own % 300)}"`,
    meta: null,
    from: 'alice',
    id: `s1.${own}`,
  }
  const key = { user: 'alice', session: 's1', ref: own, hash: `${own}`, window: 1_000_000, by: 'node1' }
  void (async () => {
    const answer = await backplane.append(room, message, key)
    if (answer.outcome !== 'stored') throw new Error(`${own}: ${answer.outcome}`)
    writeSync(1, `${JSON.stringify([room, own, answer.epoch, answer.at])}\n`)
  })()
}

writeSync(1, 'ready\n')
turn()
