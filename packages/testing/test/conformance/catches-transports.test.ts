import { type MemoryLink, MemoryNetwork } from '@chat/core/memory'
import type { Batch, Dialer, TransportCapabilities } from '@chat/core/transport'
import { describe, expect, it } from 'vitest'
import {
  RecordingHub,
  type TransportBench,
  type TransportHarness,
  transportCases,
} from '../../src/conformance/index.ts'
import { VirtualTime } from '../../src/time/virtual-time.ts'
import { batchOf, type Fault, faulty } from '../support/faulty-connection.ts'

const memory: TransportCapabilities = {
  name: 'memory',
  backpressure: true,
  pause: true,
  closeCodes: true,
  detectsLoss: false,
}

type Spoil = (bench: TransportBench & { readonly link: MemoryLink }) => Partial<TransportBench>

/** The memory network with a fault at every connection, or with a spoiled bench. */
function harnessOf(fault: Fault, spoil: Spoil = () => ({})): TransportHarness {
  const time = new VirtualTime(3)
  return {
    name: 'faulty',
    capabilities: { client: memory, server: memory },
    settle: () => time.settle(),
    async start(options) {
      const network = new MemoryNetwork(time.runtime('network', { work: true }), { latency: () => 5 })
      const hub = new RecordingHub(options)
      const link = network.link()
      network.listen('hub', {
        subprotocols: hub.subprotocols,
        accept: (connection, handshake) => hub.accept(faulty(connection, fault), handshake),
      })
      const dial = network.dialer('hub', { link })
      const bench: TransportBench = {
        dial: async (how) => faulty(await dial(how), fault),
        nowhere: network.dialer('nobody'),
        accepted: () => hub.next(),
        open: async () => hub.open,
        cut: async () => link.cut(),
        stop: async () => {},
      }
      return { ...bench, ...spoil({ ...bench, link }) }
    },
  }
}

/** The names of the cases that fail, without the side, in their order. */
async function failing(harness: TransportHarness, only: string): Promise<string[]> {
  const failed = new Set<string>()
  for (const { name, skip, run } of transportCases(harness)) {
    const title = name.replace(/^\w+: /, '')
    if (skip === null && title.startsWith(only)) await run().catch(() => failed.add(title))
  }
  return [...failed]
}

/** Transmissions that a connection holds back, to send them in the wrong order or never. */
function late(send: (batch: Batch) => boolean): (batch: Batch) => boolean {
  let held: Batch | null = null
  return (batch) => {
    const before = held
    held = before === null ? batch : null
    if (before === null) return true
    send(batch)
    return send(before)
  }
}

const withText = (change: (text: string) => string): Fault => ({
  connection: (real) => ({ send: (batch) => real.send(batchOf(change(batch.text))) }),
})

const faults: readonly [fault: string, fails: string, fault: Fault][] = [
  [
    'reorders',
    'transmissions of any size arrive whole and in order',
    { connection: (real) => ({ send: late((b) => real.send(b)) }) },
  ],
  [
    'cuts long ones',
    'transmissions of any size arrive whole and in order',
    withText((text) => text.slice(0, 65_536)),
  ],
  ['normalises', 'every character arrives', withText((text) => text.normalize())],
  ['loses a byte order mark', 'every character arrives', withText((text) => text.replaceAll('\ufeff', ''))],
  [
    'breaks at other line ends',
    'every character arrives',
    withText((text) => text.replaceAll('\u2028', '\n')),
  ],
  ['has a limit that is too low', 'the largest transmission', withText((text) => text.slice(0, 262_000))],
  [
    'sends frame by frame',
    'a batch of several frames',
    {
      connection: (real) => ({
        send: ({ text }) =>
          text
            .split('\n')
            .map((one) => real.send(batchOf(one)))
            .every(Boolean),
      }),
    },
  ],
  ['does not count', '`received` grows', { connection: () => ({ received: 7 }) }],
  [
    'loses transmissions before the sink',
    'transmissions that the server sends in the turn of the accept wait for a client that attaches later',
    {
      connection: (real) => ({
        attach(sink) {
          let early = true
          real.attach({ ...sinkOf(sink), receive: (transmission) => early || sink.receive(transmission) })
          early = false
        },
      }),
    },
  ],
  [
    'maps close codes',
    'close codes reach the peer',
    {
      connection: (real) => ({ close: (_code, reason) => real.close(1000, reason) }),
    },
  ],
  [
    'cuts a reason between two halves of a character',
    'a reason over 123 bytes',
    {
      sink: (sink) => ({
        closed: (code, reason) => sink.closed(code, reason.length > 40 ? `${reason}\ud83d` : reason),
      }),
    },
  ],
  [
    'throws for codes that cannot be sent',
    'closing with a code that cannot be sent',
    {
      connection: (real) => ({
        close(code, reason) {
          if (code < 1000 || code > 4999) throw new RangeError('an invalid code')
          real.close(code, reason)
        },
      }),
    },
  ],
  [
    'ends before the transmissions that were sent',
    'transmissions sent right before a close arrive before the end',
    {
      connection: (real) => ({ close: () => real.abort(new Error('no time')) }),
    },
  ],
  [
    'answers false after a close',
    'transmissions sent after a close are dropped silently',
    {
      connection: (real) => {
        let open = true
        return {
          send: (batch) => (open ? real.send(batch) : false),
          close(code, reason) {
            open = false
            real.close(code, reason)
          },
        }
      },
    },
  ],
  [
    'tells the end twice',
    'an abort ends both sides',
    {
      sink: (sink) => ({
        closed(code, reason) {
          sink.closed(code, reason)
          sink.closed(code, reason)
        },
      }),
    },
  ],
  [
    'delivers after the end',
    'an abort ends both sides',
    {
      sink: (sink) => ({
        closed(code, reason) {
          sink.closed(code, reason)
          sink.receive('["late"]')
        },
      }),
    },
  ],
  [
    'ends for ever when it aborts',
    'an abort ends both sides',
    { connection: (real) => ({ abort: () => real.close(4503, '') }) },
  ],
  ['keeps the link when it aborts', 'an abort ends both sides', { connection: () => ({ abort() {} }) }],
  [
    'throws after the end',
    'no method throws',
    {
      connection: (real) => {
        let over = false
        return {
          attach: (sink) =>
            real.attach({
              ...sinkOf(sink),
              closed(code, reason) {
                over = true
                sink.closed(code, reason)
              },
            }),
          pause() {
            if (over) throw new Error('not open')
            real.pause()
          },
        }
      },
    },
  ],
  ['goes on reading', '`pause` holds back', { connection: () => ({ pause() {} }) }],
  ['never resumes', 'an end that pauses and resumes', { connection: () => ({ resume() {} }) }],
  [
    'always says that there is room',
    'above the mark',
    {
      connection: (real) => ({
        send(batch) {
          real.send(batch)
          return true
        },
      }),
    },
  ],
  ['never says that there is room again', 'above the mark', { sink: () => ({ drain() {} }) }],
  [
    'says twice that there is room again',
    'above the mark',
    {
      sink: (sink) => ({
        drain() {
          sink.drain()
          sink.drain()
        },
      }),
    },
  ],
  [
    'does not know its unwritten bytes',
    '`bufferedAmount` counts',
    { connection: () => ({ bufferedAmount: 0 }) },
  ],
  [
    'drops transmissions that do not fit',
    'a peer that does not read',
    {
      connection: (real) => ({ send: (batch) => (real.bufferedAmount > 100_000 ? false : real.send(batch)) }),
    },
  ],
]

const sinkOf = (sink: Parameters<import('@chat/core/transport').Connection['attach']>[0]) => ({
  receive: (transmission: string | Uint8Array) => sink.receive(transmission),
  drain: () => sink.drain(),
  closed: (code: number, reason: string) => sink.closed(code, reason),
})

const dialling: readonly [fault: string, fails: string, spoil: Spoil][] = [
  [
    'agrees on a subprotocol that was not offered',
    'without a common subprotocol, the connection has an empty subprotocol or the dial rejects',
    withDial((dial) => async (how) => {
      const connection = await dial(how)
      return faulty(connection, { connection: () => ({ protocol: how.protocols[0] ?? '' }) })
    }),
  ],
  [
    'does not look at the signal',
    'a dial that is aborted on its way',
    withDial((dial) => ({ protocols }) => {
      return dial({ protocols, signal: new AbortController().signal })
    }),
  ],
  [
    'leaves a link behind',
    'a dial that is aborted on its way',
    withDial((dial) => ({ protocols, signal }) => {
      const { promise, reject } = deferred()
      signal.addEventListener('abort', () => reject(signal.reason))
      return Promise.race([dial({ protocols, signal: new AbortController().signal }), promise])
    }),
  ],
  [
    'ends an open link with the signal of its dial',
    'an abort of the signal after the link is open has no effect',
    withDial((dial) => async (how) => {
      const connection = await dial(how)
      how.signal.addEventListener('abort', () => connection.abort(new Error('aborted')))
      return connection
    }),
  ],
  [
    'has headers as they came',
    'the handshake has all its parts',
    ({ accepted }) => ({
      async accepted() {
        const { peer, handshake } = await accepted()
        return { peer, handshake: { ...handshake, headers: { Host: 'example' } } }
      },
    }),
  ],
]

function withDial(make: (dial: Dialer) => Dialer): Spoil {
  return ({ dial }) => ({ dial: make(dial) })
}

function deferred(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<never>((_resolve, no) => {
    reject = no
  })
  promise.catch(() => {})
  return { promise, reject }
}

/** A transport that says it notices a peer that vanished: after a second, or never. */
function noticing(telling: number | null): TransportHarness {
  const capabilities = { ...memory, detectsLoss: true }
  return {
    ...harnessOf({ connection: () => ({ capabilities }) }, ({ link }) => ({
      vanish: async (side) =>
        link.reset(side === 'server' ? { client: telling, hub: 0 } : { client: 0, hub: telling }),
    })),
    capabilities: { client: capabilities, server: capabilities },
  }
}

describe('the conformance suite catches a transport that', () => {
  it('does not notice a peer that vanished, although it says so', async () => {
    const name = 'a peer that vanished without notice is detected'
    expect(await failing(noticing(1_000), name)).toEqual([])
    expect(await failing(noticing(null), name)).toEqual([name])
  })

  it.each(faults)('%s', async (_fault, fails, fault) => {
    expect(await failing(harnessOf({}), fails)).toEqual([])
    expect(await failing(harnessOf(fault), fails)).not.toEqual([])
  })

  it.each(dialling)('%s', async (_fault, fails, spoil) => {
    expect(await failing(harnessOf({}), fails)).toEqual([])
    expect(await failing(harnessOf({}, spoil), fails)).not.toEqual([])
  })
})
