// Runs a broker, and ends it together with the bench, also when the bench is killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuOfProcess, memoryOfProcess } from '../run/cpu.mjs'
import { answer } from './answer.mjs'

/** How each broker is started: the command, its arguments, the line that says that it is ready. */
const brokers = {
  redis: {
    command: 'redis-server',
    ready: 'Ready to accept connections',
    args: (port, folder) => [
      ...['--port', port, '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'],
    ],
    url: (port) => `redis://127.0.0.1:${port}`,
    measure: measureRedis,
  },
  nats: {
    command: 'nats-server',
    ready: 'Server is ready',
    args: (port, folder) => ['-a', '127.0.0.1', '-p', port, '-js', '-sd', folder],
    url: (port) => `nats://127.0.0.1:${port}`,
    measure: measureNats,
  },
}

const folder = mkdtempSync(join(tmpdir(), 'chat-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
let child = null
let running = null

answer({ start, cpu: () => cpuOfProcess(child.pid), usage }, end)

async function start({ name, cpus }) {
  const { command, ready, args, url, measure } = brokers[name]
  const port = String(await freePort())
  const all = [command, ...args(port, folder)]
  const [program, ...rest] = cpus === null ? all : ['taskset', '-c', cpus, ...all]
  child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  await new Promise((resolve, reject) => {
    const failed = (reason) => reject(new Error(`unable to start ${command}: ${reason}\n${output}`))
    const read = (chunk) => {
      output += chunk
      if (output.includes(ready)) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('error', (error) => failed(error.message))
    child.on('exit', (code) => failed(`it ended with ${code}`))
  })
  running = { measure, url: url(port) }
  return running.url
}

async function end() {
  if (child === null || child.exitCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** Bytes of memory and of disk, microseconds of processor time. */
async function usage() {
  const { memory, disk } = await running.measure(running.url)
  return { memory: memory ?? memoryOfProcess(child.pid), disk, cpu: cpuOfProcess(child.pid) }
}

/** What Redis says that its data and its clients take. */
async function measureRedis(url) {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url)
  const info = await redis.info('memory')
  redis.disconnect()
  return { memory: Number(/used_memory:(\d+)/.exec(info)[1]), disk: null }
}

/** NATS keeps messages on disk, and says nothing of its memory: the process has to. */
function measureNats() {
  return { memory: null, disk: bytesBelow(folder) }
}

function bytesBelow(path) {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0)
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
