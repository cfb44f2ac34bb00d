// Measures a long list of messages in Chromium while messages come: frames, renders, and the work for each.
//   node bench/screens.mjs [--rows 10000] [--rate 200] [--seconds 10] [--only react|plain] [--trace FILE]
// Prints figures, and never fails because of a time. `--trace` writes a trace that Chromium's DevTools show.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import puppeteer from 'puppeteer-core'
import { loadHub } from './load-hub.mjs'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
    only: { type: 'string' },
    trace: { type: 'string' },
  },
})
const [rows, rate, seconds] = [values.rows, values.rate, values.seconds].map(Number)
const style = 'li { content-visibility: auto; contain-intrinsic-height: auto 20px; height: 20px }'

const { Hub, attach } = await loadHub()
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-timer-throttling'],
})
console.log(`${rows} messages in a list, ${rate} new messages a second, ${seconds} s`)
console.log(
  'screen    frames/s  longest  frames >20 ms  renders/s  main thread  CPU a frame  script a render  snapshot',
)
for (const screen of ['react', 'plain'])
  if (values.only === undefined || values.only === screen) await measure(screen)
await browser.close()

async function measure(screen) {
  const hub = new Hub({
    authenticate: () => ({ id: 'alice' }),
    authorize: () => true,
    log: { retention: { count: 100_000, bytes: 64 * 1024 * 1024 } },
  })
  const page = await bundle(screen)
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(
      isScript
        ? page
        : `<!doctype html><style>${style}</style><body><script type=module src=/page.js></script>`,
    )
  })
  attach(hub, server, { path: '/chat' })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  for (let n = 0; n < rows; n++) await hub.to('#list').send('say', `message ${n}`)
  const window = await browser.newPage()
  window.on('pageerror', (error) => console.error(error))
  await window.goto(`http://127.0.0.1:${server.address().port}/`)
  await window.waitForFunction(
    (count) => globalThis.bench?.length >= count && globalThis.bench.full,
    { timeout: 120_000 },
    rows,
  )
  await window.evaluate(() => scrollTo(0, document.body.scrollHeight))
  if (values.trace !== undefined) await window.tracing.start({ path: values.trace })
  await window.bringToFront()
  await report(screen, window, hub)
  if (values.trace !== undefined) await window.tracing.stop()
  await window.close()
  await hub.close({ deadline: 0 })
  server.closeAllConnections()
  server.close()
}

async function report(screen, window, hub) {
  await window.evaluate(() => globalThis.bench.begin())
  const tools = await window.createCDPSession()
  // Processor time of the main thread, so that other processes do not count.
  await tools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const before = await metricsOf(tools)
  const sent = await sendFor(hub, seconds * 1_000)
  const after = await metricsOf(tools)
  const { frames, renders, snapshots, length } = await window.evaluate(() => globalThis.bench)
  const spent = (name) => (after[name] - before[name]) * 1_000
  const elapsed = frames.reduce((sum, each) => sum + each, 0)
  const ms = (value) => `${value.toFixed(2)} ms`
  console.log(
    [
      screen.padEnd(8),
      ((frames.length / elapsed) * 1_000).toFixed(1).padStart(9),
      `${Math.max(...frames).toFixed(0)} ms`.padStart(8),
      `${((frames.filter((each) => each > 20).length / frames.length) * 100).toFixed(1)} %`.padStart(14),
      ((renders / elapsed) * 1_000).toFixed(0).padStart(10),
      `${((spent('TaskDuration') / elapsed) * 100).toFixed(0)} %`.padStart(12),
      ms(spent('TaskDuration') / frames.length).padStart(12),
      ms(spent('ScriptDuration') / renders).padStart(16),
      (screen === 'plain' ? ms(snapshots / renders) : '').padStart(9),
    ].join(' '),
  )
  if (length < rows + sent - rate) console.log(`  the list has only ${length} of ${rows + sent} messages`)
}

async function metricsOf(tools) {
  const { metrics } = await tools.send('Performance.getMetrics')
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
}

/** Sends messages at the rate for a time. Resolves with their number. */
async function sendFor(hub, time) {
  const began = performance.now()
  let sent = 0
  for (let now = 0; now < time; now = performance.now() - began) {
    for (; sent < (now / 1_000) * rate; sent++) void hub.to('#list').send('say', `new ${sent}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return sent
}

async function bundle(screen) {
  const { outputFiles } = await build({
    entryPoints: [new URL(`screens/${screen}-list.mjs`, import.meta.url).pathname],
    bundle: true,
    minify: true,
    format: 'esm',
    conditions: ['@chat/source'],
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
    logLevel: 'error',
  })
  return outputFiles[0].text
}
