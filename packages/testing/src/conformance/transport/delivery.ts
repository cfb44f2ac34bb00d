import { Batch, Frame } from '@chat/core/transport'
import { holds, same } from '../check.ts'
import type { TransportCase } from './case.ts'
import { excerptsOf, type TransportFixture } from './fixture.ts'
import { LocalPeer } from './peer.ts'

/** Returns a transmission of exactly `size` characters of ASCII that begins with its number. */
export function numbered(n: number, size: number): string {
  const [head, tail] = [`["say",${n},"`, '"]']
  return head + 'x'.repeat(Math.max(0, size - head.length - tail.length)) + tail
}

/**
 * Texts in which encoders and decoders err: the edges of UTF-8's lengths, astral characters, characters
 * special to JavaScript or a terminal, and characters that must not be normalised.
 */
const characters = [
  'a\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff',
  '\ufeff in the middle \ufeff',
  '\u{10000}\u{1f600}\u{10ffff}',
  '👩‍👩‍👧‍👦 🇩🇪 e\u0301 é \u212b Å',
  '\u2028\u2029\u0085\u200b\u202e',
  'عربي עברית 日本語 ไทย',
  '\\u0000 \\" \\\\ %00 <script> &amp; \t',
]

/** The protocol's largest transmissions (P-LV-3) in each direction, by the side that sends. */
const largest = { client: 256 * 1024, server: 320 * 1024 }

async function delivers(fixture: TransportFixture, texts: readonly string[]): Promise<void> {
  const { near, far } = await fixture.openLink()
  await near.peer.send(texts)
  await fixture.untilReceived(far, texts)
  same(far.received, excerptsOf(texts), 'the transmissions that arrive')
}

/** Cases of delivery: transmissions arrive whole, in order and unchanged. */
export const delivery: readonly TransportCase[] = [
  {
    name: 'transmissions of any size arrive whole and in order',
    run: (fixture) => {
      const sizes = [
        20, 125, 126, 127, 1_000, 65_531, 30, 65_532, 65_533, 65_535, 65_536, 65_537, 200_000, 25,
      ]
      return delivers(
        fixture,
        sizes.map((size, n) => numbered(n, size)),
      )
    },
  },
  {
    name: 'every character arrives as it was sent',
    run: (fixture) =>
      delivers(
        fixture,
        characters.map((text) => `["say","${text}"]`),
      ),
  },
  {
    name: 'characters of several bytes survive where a long transmission is cut',
    run: (fixture) =>
      delivers(
        fixture,
        [0, 1, 2, 3].map((shift) => `["${'x'.repeat(shift)}${'\u{1f600}é日'.repeat(20_000)}"]`),
      ),
  },
  {
    name: 'the smallest transmissions arrive',
    run: (fixture) => delivers(fixture, ['[]', '0', '["a"]', '[]', '[]\n[]']),
  },
  {
    name: 'the largest transmission of the protocol arrives',
    run: (fixture) => delivers(fixture, [numbered(1, largest[fixture.side]), numbered(2, 20)]),
  },
  {
    name: 'a thousand transmissions of one turn arrive in order',
    run: (fixture) =>
      delivers(
        fixture,
        Array.from({ length: 1_000 }, (_, n) => numbered(n, 40)),
      ),
  },
  {
    name: 'both ends send at once',
    async run(fixture) {
      const { near, far } = await fixture.openLink()
      const up = Array.from({ length: 50 }, (_, n) => numbered(n, 2_000))
      const down = Array.from({ length: 50 }, (_, n) => numbered(1_000 + n, 3_000))
      await Promise.all([near.peer.send(up), far.peer.send(down)])
      await fixture.untilReceived(far, up)
      await fixture.untilReceived(near, down)
      same(far.received, excerptsOf(up), 'the transmissions at the near end')
      same(near.received, excerptsOf(down), 'the transmissions at the far end')
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
    async run(fixture) {
      const { near, far } = await fixture.openLink()
      const { local } = near
      local.reaction = (event) => {
        if (event.type === 'receive') local.write(Batch.root().append(new Frame(`["re",${event.text}]`)))
      }
      await far.peer.send(['[1]', '[2]', '[3]'])
      await fixture.untilReceived(far, ['', '', ''])
      same(far.received, ['["re",[1]]', '["re",[2]]', '["re",[3]]'], 'the answers')
    },
  },
  {
    name: 'transmissions that the server sends in the turn of the accept wait for a client that attaches later',
    sides: ['server'],
    options: { greeting: ['["hello",1]', numbered(2, 100_000), '["hello",3]'] },
    async run(fixture) {
      const { connection } = await fixture.openUnattached()
      await fixture.untilStable()
      const client = fixture.observePeer(new LocalPeer(connection).attach())
      await fixture.untilReceived(client, ['', '', ''])
      same(
        client.received,
        excerptsOf(['["hello",1]', numbered(2, 100_000), '["hello",3]']),
        'the early transmissions',
      )
    },
  },
  {
    name: 'a transmission that the client sends in the turn in which its dial resolves arrives',
    sides: ['client'],
    async run(fixture) {
      const connection = await fixture.dial()
      connection.send(Batch.root().append(new Frame('["first"]')))
      fixture.observePeer(new LocalPeer(connection).attach())
      const { peer } = await fixture.poller.awaitOutcome('the server accepts', fixture.bench.accepted())
      const server = fixture.observePeer(peer)
      await fixture.untilReceived(server, [''])
      same(server.received, ['["first"]'], 'the transmissions that arrive')
    },
  },
  {
    name: '`received` grows with each transmission that arrives',
    async run(fixture) {
      const { near, far } = await fixture.openLink()
      const { received: before } = await near.peer.status()
      await far.peer.send(['["one"]'])
      await fixture.untilReceived(near, [''])
      const { received: after } = await near.peer.status()
      holds(after > before, `\`received\` stayed at ${after} although a transmission arrived`)
      await far.peer.send(['["two"]'])
      await fixture.untilReceived(near, ['', ''])
      const { received: last } = await near.peer.status()
      holds(last > after, `\`received\` stayed at ${last} although more arrived`)
    },
  },
]

async function sharesBatches(fixture: TransportFixture): Promise<void> {
  const links = [await fixture.openLink(), await fixture.openLink(), await fixture.openLink()]
  const [small, large] = [new Frame('["a"]'), new Frame(numbered(1, 150_000))]
  const batches = [
    Batch.root().append(small).append(new Frame('["b"]')),
    Batch.root().append(large),
    Batch.root().append(small).append(large).append(small),
  ]
  for (const batch of [...batches, ...batches]) for (const { near } of links) near.local.write(batch)
  const texts = ['["a"]\n["b"]', large.text, `${small.text}\n${large.text}\n${small.text}`]
  for (const { far } of links) {
    await fixture.untilReceived(far, [...texts, ...texts])
    same(far.received, excerptsOf([...texts, ...texts]), 'the transmissions that arrive')
  }
}
