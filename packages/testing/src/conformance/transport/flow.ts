import { holds, same } from '../check.ts'
import type { TransportCase } from './case.ts'
import { numbered } from './delivery.ts'
import { excerptsOf, type LinkEnd, type TransportFixture } from './fixture.ts'
import type { PeerStatus } from './peer.ts'

/** Number and size of transmissions that exceed the buffers of two kernels. */
const most = 256
const size = 256 * 1024

/** Cases of flow control: a slow reader holds the writer back, and costs neither data nor memory. */
export const flow: readonly TransportCase[] = [
  {
    name: '`pause` holds back the transmissions of the peer, and `resume` delivers them in order',
    needs: ['near pause'],
    async run(fixture) {
      const { near, far } = await fixture.openLink()
      await near.peer.pause()
      const texts = Array.from({ length: most / 4 }, (_, n) => numbered(n, size))
      await far.peer.send(texts)
      await fixture.untilStable()
      holds(near.received.length < texts.length, 'everything arrived at an end that does not read')
      await near.peer.resume()
      await fixture.untilReceived(near, texts)
      same(near.received, excerptsOf(texts), 'the transmissions that arrive')
    },
  },
  {
    name: 'an end that pauses and resumes repeatedly loses no transmission',
    needs: ['near pause'],
    async run(fixture) {
      const { near, far } = await fixture.openLink()
      const texts = Array.from({ length: 200 }, (_, n) => numbered(n, n % 20 === 0 ? 100_000 : 100))
      for (let n = 0; n < texts.length; n += 20) {
        await near.peer.pause()
        await far.peer.send(texts.slice(n, n + 20))
        await near.peer.pause()
        await near.peer.resume()
        await near.peer.resume()
      }
      await fixture.untilReceived(near, texts)
      same(near.received, excerptsOf(texts), 'the transmissions that arrive')
    },
  },
  {
    name: 'a close reaches an end that had paused, behind the data before it',
    needs: ['far pause', 'near closeCodes'],
    async run(fixture) {
      const { near, far } = await fixture.openLink()
      await far.peer.pause()
      const texts = [numbered(1, 100), numbered(2, 100), numbered(3, 100)]
      await near.peer.send(texts)
      await near.peer.close(4001, 'done')
      await far.peer.resume()
      await fixture.untilEnded({ near, far })
      same(far.received, excerptsOf(texts), 'the transmissions that arrive')
      same(far.closures, [{ code: 4001, reason: 'done' }], 'the closes that the peer is told')
    },
  },
  {
    name: 'an end that has paused can abort',
    needs: ['near pause'],
    async run(fixture) {
      const { near, far } = await fixture.openLink()
      await near.peer.pause()
      await far.peer.send([numbered(1, 100)])
      await near.peer.abort()
      await fixture.untilEnded({ near, far })
      same(near.closures.length, 1, 'the number of ends')
    },
  },
  {
    name: 'above the mark `send` returns false, and one `drain` follows when all is written',
    needs: ['near backpressure'],
    async run(fixture) {
      const { near, far } = await fixture.openLink()
      same((await near.peer.status()).bufferedAmount, 0, '`bufferedAmount` of an idle link')
      const texts = Array.from({ length: most / 4 }, (_, n) => numbered(n, size))
      const answers = await near.peer.send(texts)
      same(answers.at(-1), false, 'the answer to the last of many sends')
      await drainedFully(fixture, near)
      await fixture.untilReceived(far, texts)
      await fixture.untilStable()
      same(near.drains, 1, 'the number of drains')
      same(far.received, excerptsOf(texts), 'the transmissions that arrive')
      same(await near.peer.send([numbered(0, 50)]), [true], 'the answer to a send when all is written')
    },
  },
  {
    name: '`bufferedAmount` counts the unwritten bytes of a send at once',
    needs: ['near local', 'near backpressure'],
    async run(fixture) {
      const { near, far } = await fixture.openLink()
      const texts = Array.from({ length: most / 4 }, (_, n) => numbered(n, size))
      const { connection } = near.local
      const sending = near.peer.send(texts)
      holds(connection.bufferedAmount > size, `\`bufferedAmount\` is ${connection.bufferedAmount}`)
      await sending
      await fixture.untilReceived(far, texts)
      await drainedFully(fixture, near)
    },
  },
  {
    name: 'a peer that does not read holds the sender back, and loses no transmission',
    needs: ['near backpressure', 'far pause'],
    run: holdsBack,
  },
  {
    name: 'an abort releases the unwritten bytes',
    needs: ['near backpressure', 'far pause'],
    async run(fixture) {
      const { near, far } = await fixture.openLink()
      await far.peer.pause()
      await fill(fixture, near)
      await near.peer.abort()
      await fixture.until('the side that aborted is told', () => near.ended)
      same((await near.peer.status()).bufferedAmount, 0, '`bufferedAmount` after an abort')
      await far.peer.resume()
      await fixture.until('the other side is told', () => far.ended)
    },
  },
]

async function holdsBack(fixture: TransportFixture): Promise<void> {
  const { near, far } = await fixture.openLink()
  await far.peer.pause()
  const texts = await fill(fixture, near)
  // Sends in spite of the blocked state are accepted too.
  const more = [numbered(most, 100), numbered(most + 1, size), numbered(most + 2, 100)]
  same(await near.peer.send(more), [false, false, false], 'the answers to sends of an end that is held back')
  texts.push(...more)
  const { bufferedAmount } = await untilHeld(fixture, near, texts)
  holds(bufferedAmount > 0, 'a sender that is held back has nothing buffered')
  holds(far.received.length < texts.length, 'everything arrived at an end that does not read')
  const drains = near.drains
  await far.peer.resume()
  await fixture.untilReceived(far, texts)
  await drainedFully(fixture, near)
  await fixture.until('the sender is told to go on', () => near.drains > drains)
  await fixture.untilStable()
  same(near.drains, drains + 1, 'the number of drains')
  same(far.received, excerptsOf(texts), 'the transmissions that arrive')
  same(await near.peer.send([numbered(0, 50)]), [true], 'the answer to a send when all is written')
}

/**
 * Sends more texts while nothing stays buffered, and returns the status: the systems between the ends may enlarge their
 * buffers, and so take what was held back.
 */
async function untilHeld(fixture: TransportFixture, end: LinkEnd, texts: string[]): Promise<PeerStatus> {
  for (let attempt = 0; ; attempt++) {
    const status = await end.peer.status()
    if (status.bufferedAmount > 0 || attempt === 4) return status
    texts.push(...(await fill(fixture, end)))
  }
}

/** Sends until a `send` returns false without a later `drain`, and returns the texts that it sent. */
async function fill(fixture: TransportFixture, end: LinkEnd): Promise<string[]> {
  const texts: string[] = []
  for (let n = 0; n < most; n++) {
    const text = numbered(n, size)
    texts.push(text)
    const [taken] = await end.peer.send([text])
    if (taken === true) continue
    await fixture.untilStable()
    const { type } = end.log.at(-1) ?? {}
    // On a busy machine the system may still take the rest: only unwritten bytes show that the link is full.
    if (type === 'blocked' && (await end.peer.status()).bufferedAmount > 0) return texts
  }
  throw new Error(
    `unable to fill the link: no send was held back although the peer left unread ${most * size} bytes`,
  )
}

function drainedFully(fixture: TransportFixture, end: LinkEnd): Promise<void> {
  return fixture.until('`bufferedAmount` goes back to 0', async () => {
    const { bufferedAmount } = await end.peer.status()
    return bufferedAmount === 0
  })
}
