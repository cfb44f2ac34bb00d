import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { type Chromium, launchChromium } from '../../../../test-support/browser-puppeteer.ts'
import { enginesToTest } from '../../../../test-support/engines.ts'
import { startExample } from '../example.ts'
import { Scene } from './scene.ts'

const long = 40_000
/** Maximum time for a reconnect, including the delays of a busy machine. */
const patience = 30_000

// Each case has its own server; all cases share a browser.
const engine = enginesToTest().includes('chromium')
describe.skipIf(!engine).concurrent('the page, on a bad network, for 40 s [needs Chromium]', () => {
  let chromium: Chromium
  beforeAll(async () => {
    chromium = await launchChromium()
  })
  afterAll(() => chromium?.close())

  async function open({ onTestFinished }: TestContext): Promise<Scene> {
    const scene = await Scene.open(chromium)
    onTestFinished(() => scene.close())
    return scene
  }

  test('a stall with a message on its way is noticed, and ends with the next connection (F2, F3)', async (context) => {
    const scene = await open(context)
    scene.proxy.stall()
    const healed = sleep(long).then(() => scene.proxy.heal())
    await scene.write('mine')
    await scene.hear('hers')
    await scene.shows('.mine.waiting', 'mine')
    // Unanswered for 5 s, and no answer to a ping for 10 s.
    await scene.reaches('reconnecting', 20_000)
    await healed

    await scene.shows('.mine.sent', 'mine', patience)
    expect(await scene.texts).toEqual(['hers', 'mine'])
    expect(await scene.statuses).toEqual(['reconnecting', 'connected'])
    expect(await scene.gaps).toBe(0)
  })

  test('a stall in silence is noticed after heartbeat and grace (F2)', async (context) => {
    const scene = await open(context)
    scene.proxy.stall()
    const healed = sleep(long).then(() => scene.proxy.heal())
    await sleep(20_000)
    expect(await scene.statuses).toEqual([])
    await scene.hear('hers')
    await scene.reaches('reconnecting', 20_000)
    await healed

    await scene.shows('.received', 'hers', patience)
    await scene.reaches('connected')
    expect(await scene.statuses).toEqual(['reconnecting', 'connected'])
    expect(await scene.gaps).toBe(0)
  })

  test('a shorter stall only delays (F3)', async (context) => {
    const scene = await open(context)
    scene.proxy.stall()
    await scene.hear('hers')
    await sleep(20_000)
    scene.proxy.heal()

    await scene.shows('.received', 'hers')
    expect(await scene.statuses).toEqual([])
  })

  test('going offline is noticed at once, and going online connects at once', async (context) => {
    const scene = await open(context)
    scene.proxy.stall()
    await scene.offline(true)
    await scene.reaches('offline')
    await scene.write('mine')
    await scene.hear('hers')
    await sleep(long)
    scene.proxy.heal()
    await scene.offline(false)

    await scene.reaches('connected', 3_000)
    await scene.shows('.mine.sent', 'mine')
    expect(await scene.texts).toEqual(['hers', 'mine'])
    expect(await scene.gaps).toBe(0)
  })

  test('the page leaves a server that stands still, and returns when it continues (F8)', async (context) => {
    const scene = await open(context)
    await scene.hear('hers')
    await scene.shows('.received', 'hers')
    scene.example.process.kill('SIGSTOP')
    await scene.write('mine')
    await scene.reaches('reconnecting', 20_000)
    await sleep(long - 15_000)
    scene.example.process.kill('SIGCONT')

    await scene.shows('.mine.sent', 'mine', patience)
    await scene.hear('and on')
    await scene.shows('.received', 'and on', patience)
    expect(await scene.texts).toEqual(['hers', 'mine', 'and on'])
    expect(await scene.gaps).toBe(0)
  })

  test('the page misses a killed server for a long time, and connects to its successor (F7, F14)', async (context) => {
    const scene = await open(context)
    await scene.hear('before')
    await scene.shows('.received', 'before')
    scene.proxy.stall('down')
    await scene.write('who knows')
    await scene.kill()
    scene.proxy.heal()
    await scene.reaches('reconnecting')
    await scene.write('kept')
    await sleep(long)
    scene.replace(await startExample())

    await scene.shows('.mine.uncertain', 'who knows', patience)
    await scene.shows('.mine.sent', 'kept')
    await scene.hear('after')
    await scene.shows('.received', 'after')
    expect(await scene.gaps).toBe(1)
  })

  test('a backlog arrives completely over a link of a kilobyte a second, on a single connection (N-02)', async (context) => {
    const scene = await open(context)
    const lines = Array.from({ length: 40 }, (_, i) => `${i} ${'x'.repeat(1_000)}`)
    scene.proxy.refusing = true
    scene.proxy.reset()
    await scene.reaches('reconnecting')
    for (const line of lines) await scene.hear(line)
    scene.proxy.down.bandwidth = 1_000
    scene.proxy.refusing = false

    await scene.shows('.received', lines.at(-1) ?? '', 75_000)
    expect(await scene.texts).toEqual(lines)
    expect(await scene.statuses).toEqual(['reconnecting', 'connected'])
  })
})
