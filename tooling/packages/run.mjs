// Runs commands beside the registry, which answers in this process: nothing here may block.
import { spawn } from 'node:child_process'

/** Runs a command to its end: `{ ok, output, again }`, where `again` is the line that runs it by hand. */
export function run(command, args, { cwd, env = {}, timeout = 120_000 } = {}) {
  const again = `cd ${cwd} && ${[command, ...args].map(quoted).join(' ')}`
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const end = (ok) => {
      clearTimeout(timer)
      resolve({ ok, output, again })
    }
    const timer = setTimeout(() => {
      output += `\nstill running after ${timeout / 1_000} s: ended\n`
      child.kill('SIGKILL')
    }, timeout)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
    child.once('error', (error) => {
      output += `${error.message}\n`
      end(false)
    })
    child.once('close', (code) => end(code === 0))
  })
}

function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** Starts a command that stays: `line(i)` is a promise of what it prints, `stop()` ends it, and answers its exit code. */
export function start(command, args, { cwd, env = {}, patience = 20_000 } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  let output = ''
  const exit = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
  child.stdout.on('data', (text) => (printed += text))
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  return {
    output: () => output,
    async line(index) {
      const deadline = Date.now() + patience
      for (;;) {
        const lines = printed.split('\n')
        if (lines.length > index + 1) return lines[index]
        if (Date.now() > deadline || child.exitCode !== null)
          throw new Error(`it did not print line ${index + 1}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async stop(signal = 'SIGKILL') {
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), patience)
      const code = await exit
      clearTimeout(timer)
      return code
    },
  }
}
