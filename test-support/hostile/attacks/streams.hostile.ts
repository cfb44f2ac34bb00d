import { expect } from 'vitest'
import { until } from '../../brokers/until.ts'
import { attack } from '../attack.ts'
import type { Intruder } from '../intruder.ts'

const writers = 10
const readers = 30
const open = 8
const parts = 4
const part = 'x'.repeat(60_000)

attack(
  'writers that open streams without end, never end them, and readers that never read (P-SM-4, P-SM-12)',
  { quick: true, peak: 96, keeps: 40, hub: { clientStreams: ['answer'], limits: { stalled: 3_000 } } },
  async (scene) => {
    const authors = await scene.intruders(writers, (n) => ({ user: `mallory${n}` }))
    const refs = Array.from({ length: open }, (_, n) => n + 1)
    for (const each of authors) for (const _ of refs) each.write(head(each))
    await Promise.all(authors.map((each) => each.answered()))
    const addressOf = (each: Intruder, ref: number): string => `^${each.welcome?.session.id}.${ref}/#flood`
    const addresses = authors.flatMap((each) => refs.map((ref) => addressOf(each, ref))).slice(0, 64)
    const streams = Object.fromEntries(addresses.map((address) => [address, null]))
    const deaf = await scene.intruders(readers, (n) => ({ user: `eve${n}`, hello: { streams } }))
    for (const { socket } of deaf) socket.pause()
    for (let n = 0; n < parts; n++)
      for (const ref of refs)
        for (const each of authors) each.write(each.frame('send', addressOf(each, ref), 'answer', part))
    await scene.goesOn(6_000)
    const stored = authors.reduce((sum, each) => sum + each.count('ok'), 0)
    for (const each of authors) for (let n = 0; n < 1_000; n++) each.write(head(each))
    await Promise.all(authors.map((each) => each.answered()))
    const refused = authors.reduce(
      (sum, each) => sum + each.count('too_large') + each.count('rate_limited'),
      0,
    )
    for (const { socket } of deaf) socket.resume()
    const stalled = (): number => deaf.filter(({ closed }) => closed !== null).length
    await until('the end of the connections that do not read', () => stalled() === readers)
    scene.note({ stored, refused, stalled: stalled() })
    expect(stored, 'heads and parts').toBe(writers * open * (parts + 1))
    expect(refused, 'refused heads').toBeGreaterThan(writers * 900)
  },
)

const head = (writer: Intruder): string => writer.frame('send', '#flood', 'answer', '', { stream: true })
