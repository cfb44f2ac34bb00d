// Starts the server, and starts it again when it was killed, as the process manager of a real server does.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('server.ts', import.meta.url))
let port = process.env['PORT'] ?? '3000'
let ending = false
let child = start()

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    ending = true
    child.kill(signal)
  })

function start(): ChildProcess {
  const started = fork(program, { env: { ...process.env, PORT: port } })
  started.on('message', (message: { port: number }) => {
    port = String(message.port)
  })
  started.on('exit', (code, signal) => {
    if (ending || signal !== 'SIGKILL') process.exit(code ?? 1)
    console.log('The server was killed. Starting it again.')
    child = start()
  })
  return started
}
