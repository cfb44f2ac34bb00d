// Runs commands with execa. All functions are asynchronous: the registry answers in this process, and parts
// run in parallel.
import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'

/** Options of all commands: no input, and a failure is a result. */
const common = { stdin: 'ignore', all: true, reject: false, stripFinalNewline: false }

/**
 * Runs a command to its end: `{ ok, status, stdout, stderr, output, again }`. `again` is the command line
 * that repeats it by hand.
 */
export async function run(command, args, { timeout = 120_000, ...options } = {}) {
  const result = await execa(command, args, { ...common, ...options, timeout, killSignal: 'SIGKILL' })
  const { failed, exitCode, stdout, stderr, all, shortMessage = '', escapedCommand, cwd } = result
  const output = exitCode === undefined ? `${all ?? ''}\n${shortMessage}\n` : all
  return { ok: !failed, status: exitCode, stdout, stderr, output, again: `cd ${cwd} && ${escapedCommand}` }
}

/**
 * Starts a command that keeps running. `line(i)` resolves with a line that it prints. `stop()` ends it, and
 * resolves with its exit code.
 */
export function start(command, args, { patience = 20_000, ...options } = {}) {
  const child = execa(command, args, {
    ...common,
    ...options,
    forceKillAfterDelay: patience,
    killSignal: 'SIGTERM',
  })
  const lines = child.iterable()
  const printed = []
  let output = ''
  child.all.on('data', (text) => (output += text))
  return {
    output: () => output,
    async line(index) {
      const tooLate = delay(patience, { done: true }, { ref: false })
      while (printed.length <= index) {
        const { done, value } = await Promise.race([lines.next(), tooLate])
        if (done) throw new Error(`it did not print line ${index + 1}`)
        printed.push(value)
      }
      return printed[index]
    },
    async stop(signal = 'SIGKILL') {
      child.kill(signal)
      const { exitCode, signal: killedBy } = await child
      return exitCode ?? killedBy
    },
  }
}

/** Returns the seconds since `start`, which is a value of `performance.now()`. */
export function seconds(start) {
  return ((performance.now() - start) / 1_000).toFixed(1)
}
