// Starts the demo, and starts it again when its page asks for that: the old process ends, as with Ctrl-C, before the
// new one begins.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('demo.ts', import.meta.url))
let child = start(process.env)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))

function start(env: NodeJS.ProcessEnv): ChildProcess {
  let next: NodeJS.ProcessEnv | null = null
  const started = fork(program, { env })
  started.on('message', ({ port }: { port: number }) => {
    console.log('the page asks for a restart')
    next = { ...process.env, PORT: String(port) }
    started.kill('SIGTERM')
  })
  started.on('exit', (code) => {
    if (next === null) process.exit(code ?? 1)
    child = start(next)
  })
  return started
}
