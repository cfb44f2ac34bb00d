import { Batch, Frame } from '@chat/core/transport'
import { holds, same } from '../check.ts'
import type { TransportCase } from './case.ts'
import { LocalPeer } from './peer.ts'
import { gists, type Stage } from './stage.ts'

/** A transmission of exactly `size` characters of ASCII that begins with its number. */
export function numbered(n: number, size: number): string {
  const [head, tail] = [`["say",${n},"`, '"]']
  return head + 'x'.repeat(Math.max(0, size - head.length - tail.length)) + tail
}

/** Where encoders and decoders err: the edges of UTF-8's lengths, astral characters, what JavaScript or a terminal treats as special, and what must not be normalised. */
const characters = [
  'a\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff',
  '\ufeff in the middle \ufeff',
  '\u{10000}\u{1f600}\u{10ffff}',
  '👩‍👩‍👧‍👦 🇩🇪 e\u0301 é \u212b Å',
  '\u2028\u2029\u0085\u200b\u202e',
  'عربي עברית 日本語 ไทย',
  '\\u0000 \\" \\\\ %00 <script> &amp; \t',
]

/** The protocol's largest transmissions (P-LV-3): what a client writes, and what a hub does. */
const largest = { client: 256 * 1024, server: 320 * 1024 }

async function delivers(stage: Stage, texts: readonly string[]): Promise<void> {
  const { near, far } = await stage.link()
  await near.peer.send(texts)
  await stage.arrival(far, texts)
  same(far.received, gists(texts), 'what arrives')
}

/** What is sent arrives: whole, in order, as it was. */
export const delivery: readonly TransportCase[] = [
  {
    name: 'transmissions arrive whole and in order, whatever their sizes',
    run: (stage) => {
      const sizes = [
        20, 125, 126, 127, 1_000, 65_531, 30, 65_532, 65_533, 65_535, 65_536, 65_537, 200_000, 25,
      ]
      return delivers(
        stage,
        sizes.map((size, n) => numbered(n, size)),
      )
    },
  },
  {
    name: 'every character arrives as it was sent',
    run: (stage) =>
      delivers(
        stage,
        characters.map((text) => `["say","${text}"]`),
      ),
  },
  {
    name: 'characters of several bytes survive where a long transmission is cut',
    run: (stage) =>
      delivers(
        stage,
        [0, 1, 2, 3].map((shift) => `["${'x'.repeat(shift)}${'\u{1f600}é日'.repeat(20_000)}"]`),
      ),
  },
  {
    name: 'the smallest transmissions arrive',
    run: (stage) => delivers(stage, ['[]', '0', '["a"]', '[]', '[]\n[]']),
  },
  {
    name: 'the largest transmission of the protocol arrives',
    run: (stage) => delivers(stage, [numbered(1, largest[stage.side]), numbered(2, 20)]),
  },
  {
    name: 'a thousand transmissions of one turn arrive in order',
    run: (stage) =>
      delivers(
        stage,
        Array.from({ length: 1_000 }, (_, n) => numbered(n, 40)),
      ),
  },
  {
    name: 'both ends speak at once',
    async run(stage) {
      const { near, far } = await stage.link()
      const up = Array.from({ length: 50 }, (_, n) => numbered(n, 2_000))
      const down = Array.from({ length: 50 }, (_, n) => numbered(1_000 + n, 3_000))
      await Promise.all([near.peer.send(up), far.peer.send(down)])
      await stage.arrival(far, up)
      await stage.arrival(near, down)
      same(far.received, gists(up), 'what arrives at one end')
      same(near.received, gists(down), 'what arrives at the other end')
    },
  },
  {
    name: 'a batch of several frames is one transmission, also where several connections share it',
    needs: ['near local'],
    run: sharesBatches,
  },
  {
    name: 'an answer sent from inside `receive` arrives',
    needs: ['near local'],
    async run(stage) {
      const { near, far } = await stage.link()
      const { local } = near
      local.reaction = (event) => {
        if (event.type === 'receive') local.write(Batch.root().append(new Frame(`["re",${event.text}]`)))
      }
      await far.peer.send(['[1]', '[2]', '[3]'])
      await stage.arrival(far, ['', '', ''])
      same(far.received, ['["re",[1]]', '["re",[2]]', '["re",[3]]'], 'the answers')
    },
  },
  {
    name: 'what the server sends in the turn in which it accepts waits for a client that attaches later',
    sides: ['server'],
    options: { greeting: ['["hello",1]', numbered(2, 100_000), '["hello",3]'] },
    async run(stage) {
      const { connection } = await stage.ends()
      await stage.still()
      const client = stage.observe(new LocalPeer(connection).attach())
      await stage.arrival(client, ['', '', ''])
      same(
        client.received,
        gists(['["hello",1]', numbered(2, 100_000), '["hello",3]']),
        'the early transmissions',
      )
    },
  },
  {
    name: 'what the client sends in the turn in which its dial resolves arrives',
    sides: ['client'],
    async run(stage) {
      const connection = await stage.dial()
      connection.send(Batch.root().append(new Frame('["first"]')))
      stage.observe(new LocalPeer(connection).attach())
      const { peer } = await stage.patience.outcome('the server accepts', stage.bench.accepted())
      const server = stage.observe(peer)
      await stage.arrival(server, [''])
      same(server.received, ['["first"]'], 'what arrives')
    },
  },
  {
    name: '`received` grows with what arrives',
    async run(stage) {
      const { near, far } = await stage.link()
      const { received: before } = await near.peer.status()
      await far.peer.send(['["one"]'])
      await stage.arrival(near, [''])
      const { received: after } = await near.peer.status()
      holds(after > before, `\`received\` stayed at ${after} although something arrived`)
      await far.peer.send(['["two"]'])
      await stage.arrival(near, ['', ''])
      const { received: last } = await near.peer.status()
      holds(last > after, `\`received\` stayed at ${last} although more arrived`)
    },
  },
]

async function sharesBatches(stage: Stage): Promise<void> {
  const links = [await stage.link(), await stage.link(), await stage.link()]
  const [small, large] = [new Frame('["a"]'), new Frame(numbered(1, 150_000))]
  const batches = [
    Batch.root().append(small).append(new Frame('["b"]')),
    Batch.root().append(large),
    Batch.root().append(small).append(large).append(small),
  ]
  for (const batch of [...batches, ...batches]) for (const { near } of links) near.local.write(batch)
  const texts = ['["a"]\n["b"]', large.text, `${small.text}\n${large.text}\n${small.text}`]
  for (const { far } of links) {
    await stage.arrival(far, [...texts, ...texts])
    same(far.received, gists([...texts, ...texts]), 'what arrives')
  }
}
