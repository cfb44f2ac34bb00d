import { watchPresence } from '@chat/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Chromium, launchChromium } from '../../../../test-support/browser-puppeteer.ts'
import { enginesToTest } from '../../../../test-support/engines.ts'
import { startExample } from '../example.ts'
import { Scene } from './scene.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

// Slow faults are in page-at-full-length.faults.ts; a restart of the server is in ../page-tests.ts.
describe.skipIf(!enginesToTest().includes('chromium'))('the page, on a bad network [needs Chromium]', () => {
  let chromium: Chromium
  let scene: Scene
  beforeAll(async () => {
    chromium = await launchChromium()
  })
  afterAll(() => chromium?.close())
  beforeEach(async () => {
    scene = await Scene.open(chromium)
  })
  afterEach(() => scene?.close())

  test('shows that its connection was reset, reconnects, and has lost no message (F1)', async () => {
    await scene.write('before')
    await scene.shows('.mine.sent', 'before')
    scene.proxy.refusing = true
    scene.proxy.reset()
    await scene.reaches('reconnecting')
    await scene.write('mine')
    await scene.shows('.mine.waiting', 'mine')
    await scene.hear('hers')
    scene.proxy.refusing = false

    await scene.shows('.mine.sent', 'mine')
    expect(await scene.texts).toEqual(['before', 'hers', 'mine'])
    expect(await scene.statuses).toEqual(['reconnecting', 'connected'])
    expect(await scene.gaps).toBe(0)
  })

  test('has not left the room when its connection was reset and came back (P-PR-5)', async () => {
    const changes: string[] = []
    watchPresence(scene.eve.join('#lobby'), {
      onChange({ joined, left }) {
        changes.push(...joined.map(({ user }) => `+${user}`), ...left.map(({ user }) => `-${user}`))
      },
    })
    const here = `document.querySelector('#here').innerText`
    await scene.page.until(`${here}.includes('eve')`)
    scene.proxy.refusing = true
    scene.proxy.reset()
    await scene.reaches('reconnecting')
    scene.proxy.refusing = false
    await scene.reaches('connected')
    await scene.write('here again')
    await scene.shows('.mine.sent', 'here again')
    expect(changes.toSorted()).toEqual(['+ada', '+eve'])
    expect(await scene.page.evaluate(here)).toContain('eve')
  })

  test('waits while no data passes, and continues when data passes again (F3)', async () => {
    scene.proxy.stall()
    await scene.write('mine')
    await scene.shows('.mine.waiting', 'mine')
    await scene.hear('hers')
    scene.proxy.heal()

    await scene.shows('.mine.sent', 'mine')
    expect(await scene.texts).toEqual(['hers', 'mine'])
    expect(await scene.statuses).toEqual([])
  })

  test('says that there is no network, and reconnects when the browser is online again', async () => {
    // An answer would prove that there is a network.
    scene.proxy.stall()
    await scene.offline(true)
    await scene.reaches('offline')
    scene.proxy.reset()
    scene.proxy.heal()
    await scene.write('mine')
    await scene.hear('hers')
    await scene.offline(false)

    await scene.shows('.mine.sent', 'mine')
    expect(await scene.texts).toEqual(['hers', 'mine'])
    expect(await scene.statuses).toEqual(['offline', 'reconnecting', 'connected'])
  })

  test('shows uncertain and missing messages after its server was killed, and continues with the next server (F7, F14)', async () => {
    const next = startExample()
    await scene.write('before')
    await scene.shows('.mine.sent', 'before')
    scene.proxy.stall('down')
    const { passed } = scene.proxy.up
    await scene.write('who knows')
    await vi.waitFor(() => expect(scene.proxy.up.passed).toBeGreaterThan(passed), { interval: 5 })
    await scene.kill()
    scene.proxy.heal()
    await scene.reaches('reconnecting')
    await scene.write('kept')
    scene.replace(await next)

    await scene.shows('.mine.uncertain', 'who knows')
    await scene.shows('.mine.sent', 'kept')
    await scene.hear('after')
    await scene.shows('.received', 'after')
    expect((await scene.texts).toSorted()).toEqual(['after', 'before', 'kept', 'who knows'])
    expect(await scene.gaps).toBe(1)
  })
})
