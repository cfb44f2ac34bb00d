// Innocent clients beside an attack, in a process of their own: one sends at a steady rate, one receives over each
// transport, and newcomers connect and leave. They answer commands with a report.
import { Client, type Room, type Untyped } from '@chat/core'
import { dial as dialHttp } from '@chat/http/client'
import { dial as dialWs } from '@chat/node-ws'
import type { FromInnocent, InnocentReport, ToInnocent } from './messages.ts'

/** Time between two sends, and between two newcomers, in milliseconds. */
const interval = 50
const newcomerInterval = 1_000
/** Time in which a newcomer must be welcomed, and in which the last messages must arrive. */
const patience = 15_000

interface Said {
  readonly n: number
  readonly at: number
}

const url = `http://127.0.0.1:${process.argv[2]}/chat`
const tell = (message: FromInnocent): void => void process.send?.(message)
process.once('disconnect', () => process.exit())

const faults = { twice: 0, disordered: 0, gaps: 0, cuts: 0, forgotten: 0, newcomers: 0, refused: 0 }
const failed: Record<string, number> = {}
const stored = new Set<number>()
let delays: number[] = []
let sent = 0
let open = 0

/** A client that reads the room. */
class Reader {
  readonly seen = new Set<number>()
  readonly client: Client
  readonly room: Room<Untyped>
  #last = -1
  #session = ''

  constructor(name: string, dial: typeof dialWs) {
    this.client = new Client({ dial: dial(url), token: name })
    this.client.on('$status', ({ status }) => {
      if (status === 'connected') this.#connected()
      else if (status === 'reconnecting') faults.cuts++
    })
    this.room = this.client.join('#innocent')
    this.room.on('say', (data) => this.#hear(data as Said))
    this.room.on('$gap', () => faults.gaps++)
  }

  #connected(): void {
    const id = this.client.session ?? ''
    if (this.#session !== '' && this.#session !== id) faults.forgotten++
    this.#session = id
  }

  #hear({ n, at }: Said): void {
    if (this.seen.has(n)) faults.twice++
    else if (n < this.#last) faults.disordered++
    this.seen.add(n)
    this.#last = Math.max(n, this.#last)
    delays.push(performance.now() - at)
  }
}

const readers = [new Reader('ida', dialWs), new Reader('ivo', dialHttp)]
const [sender] = readers
await Promise.all(readers.map(({ room }) => room.ready))
const sending = setInterval(send, interval)
const newcomers = setInterval(() => void arrive(), newcomerInterval)
setTimeout(() => tell({ type: 'flowing' }), newcomerInterval)

process.on('message', (message: ToInnocent) => {
  if (message.type === 'mark') delays = []
  else void finish()
})

function send(): void {
  const n = sent++
  open++
  sender?.room
    .send('say', { n, at: performance.now() })
    .then(
      () => void stored.add(n),
      ({ code }: { code: string }) => {
        failed[code] = (failed[code] ?? 0) + 1
      },
    )
    .finally(() => open--)
}

/** Connects a new client, over one transport after the other, and leaves again. */
async function arrive(): Promise<void> {
  const dial = (faults.newcomers + faults.refused) % 2 === 0 ? dialWs : dialHttp
  const client = new Client({ dial: dial(url), token: 'newcomer', connectTimeout: patience })
  const welcomed = await new Promise<boolean>((resolve) => {
    client.on('$status', ({ status }) => {
      if (status === 'connected') resolve(true)
      else if (status === 'reconnecting' || status === 'closed') resolve(false)
    })
  })
  client.close()
  if (welcomed) faults.newcomers++
  else faults.refused++
}

async function finish(): Promise<void> {
  clearInterval(sending)
  clearInterval(newcomers)
  const complete = (): boolean =>
    open === 0 && readers.every(({ seen }) => [...stored].every((n) => seen.has(n)))
  const deadline = performance.now() + patience
  while (!complete() && performance.now() < deadline) await new Promise((next) => setTimeout(next, interval))
  tell({ type: 'report', report: report() })
}

function report(): InnocentReport {
  const sorted = delays.sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  const missing = readers.map(({ seen }) => [...stored].filter((n) => !seen.has(n)).length)
  return {
    ...faults,
    sent,
    failed: open === 0 ? failed : { ...failed, unsettled: open },
    lost: missing.reduce((sum, count) => sum + count, 0),
    delay: { p50: at(0.5), p99: at(0.99), max: at(1) },
  }
}
