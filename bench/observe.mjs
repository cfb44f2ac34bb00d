// Compares hubs with and without the option `observe` in one run, over real WebSockets:
//   node bench/observe.mjs [rounds]
// The clients are a process of their own. In each round every hub does the same work, in changing order. The figure
// is the processor time of the hub's process, compared with the hub without an observer in the same round: the median
// over the rounds. A second hub without an observer shows how far the machine itself differs.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocket } from 'ws'
import { loadHub } from './load-hub.mjs'

const scenarios = [
  { name: 'messages to 20 readers', readers: 20, frames: 1_500, event: 'send' },
  { name: 'messages to 1 reader', readers: 1, frames: 4_000, event: 'send' },
  { name: 'calls', readers: 1, frames: 6_000, event: 'call' },
]
const kinds = ['without', 'again', 'counting']
/** Frames that are written before an answer. */
const window = 32

if (process.argv[2] === 'clients') await runClients()
else await compare(Number(process.argv[2] ?? 25))

async function compare(rounds) {
  const { Hub, attach } = await loadHub()
  const child = fork(import.meta.filename, ['clients'])
  for (const scenario of scenarios) {
    const hubs = []
    for (const kind of kinds) hubs.push(await serve({ Hub, attach }, kind))
    child.send({ open: hubs.map(({ port }) => port), scenario })
    await once(child, 'message')
    const times = kinds.map(() => [])
    for (let round = -2; round < rounds; round++)
      for (const place of kinds.keys()) {
        const index = (round + 2 + place) % kinds.length
        const time = await measure(child, index)
        if (round >= 0) times[index].push(time)
      }
    const more = (index) => median(times[index].map((time, i) => time / times[0][i])) * 100 - 100
    const [, again, counting] = kinds.map((_, index) => index).map((index) => `${more(index).toFixed(1)} %`)
    const each = (median(times[0]) * 1_000) / scenario.frames
    console.log(
      `${scenario.name}: ${each.toFixed(1)} µs each without; again ${again}; with an observer ${counting}`,
    )
    for (const { hub, server } of hubs) {
      await hub.close({ deadline: 200 })
      server.close()
    }
  }
  child.kill()
}

/** Returns the processor time of this process while a hub does its work, in milliseconds. */
async function measure(child, index) {
  const before = process.cpuUsage()
  child.send({ run: index })
  await once(child, 'message')
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

async function serve({ Hub, attach }, kind) {
  const counts = {
    append: 0,
    deliver: 0,
    policy: 0,
    call: 0,
    connect: 0,
    close: 0,
    resume: 0,
    queue: 0,
    drop: 0,
    ask: 0,
  }
  const observe = ({ type }) => {
    counts[type]++
  }
  const hub = new Hub({
    authenticate: ({ token }) => ({ id: token }),
    authorize: () => true,
    limits: { rate: 1e9, burst: 1e9 },
    ...(kind === 'counting' ? { observe } : {}),
  })
  hub.handle('echo', (input) => input)
  const server = createServer()
  attach(hub, server, { path: '/chat' })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { hub, server, port: server.address().port }
}

/** Opens connections to all hubs, and writes frames to one of them when it is told to. */
async function runClients() {
  let hubs = []
  let frames = 0
  let event = ''
  process.on('message', async ({ open, scenario, run }) => {
    if (open === undefined) {
      await write(hubs[run], frames, event)
      return process.send('done')
    }
    frames = scenario.frames
    event = scenario.event
    hubs = []
    for (const port of open)
      hubs.push(await Promise.all(Array.from({ length: scenario.readers }, (_, i) => connect(port, i))))
    process.send('open')
  })
}

async function connect(port, i) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, ['chat.v1.json'])
  const client = { socket, ref: 0, answered: () => {} }
  await once(socket, 'open')
  socket.send(JSON.stringify(['hello', { v: [1, 1], token: `user ${i}`, streams: { '#a': null } }]))
  await once(socket, 'message')
  socket.on('message', (data) => {
    const text = String(data)
    if (text.includes('"ping"')) socket.send('["pong"]')
    for (const line of text.split('\n')) if (line.startsWith('["ok"')) client.answered()
  })
  return client
}

/** Writes frames from the first client, with a window of them unanswered, and resolves with the last answer. */
function write([client], frames, event) {
  return new Promise((resolve) => {
    let open = 0
    let written = 0
    const next = () => {
      while (open < window && written < frames) {
        written++
        open++
        const what = event === 'send' ? ['#a', 'say', { text: 'hello' }] : ['echo', { n: written }]
        client.socket.send(JSON.stringify([event, ++client.ref, ...what]))
      }
      if (open === 0) resolve()
    }
    client.answered = () => {
      open--
      next()
    }
    next()
  })
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
}
