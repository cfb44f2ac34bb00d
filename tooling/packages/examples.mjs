// Functions that run the examples of a README. Each takes `{ title, code, user, report }`, where `code` has
// all TypeScript blocks.
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { ensureInstalled } from '../installed.mjs'
import { start } from '../processes.mjs'
import { current, findRuntime } from '../runtimes/runtimes.mjs'

/** Runs every block as a program. Closes a hub that a block leaves open. */
export async function ends({ title, code, user, report }) {
  for (const [i, text] of code.entries()) {
    const open = text.includes('const hub =') && !text.includes('hub.close(')
    const file = await script(open ? `${text}\nawait hub.close()\n` : text, i + 1, user)
    report.ran(
      `${title}: example ${i + 1} runs to its end`,
      await user.run(process.execPath, [file], { timeout: 30_000 }),
    )
  }
}

/**
 * Runs the first block as a server, and the block with a client, if there is such a block. SIGTERM ends the
 * server.
 */
export async function serves({ title, code, user, report, runtime }) {
  const port = await freePort()
  const onPort = (text) =>
    text.replaceAll(/\b3000\b/g, port).replaceAll('https://app.example/', `http://localhost:${port}/`)
  const client = code.find((text) => /\bconnect\(|new Client\(/.test(text))
  const found = findRuntime(runtime ?? current)
  if (found === null)
    return report.skip(
      `${title}: its examples run`,
      'the runtime is not installed',
      process.env.CI !== undefined,
    )
  const server = start(found.command, starts(found.kind, await script(onPort(code[0]), 'server', user)), {
    cwd: user.folder,
    // Address at which Deno listens when a program sets none.
    env: { DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` },
  })
  try {
    await listening(port)
    const page = await (await fetch(`http://127.0.0.1:${port}/`)).text()
    report.say(`${title}: the server says "${page}"`)
    if (client !== undefined) {
      const file = await script(`${onPort(client)}\nclient.close()\n`, 'client', user)
      const result = await user.run(process.execPath, [file], { timeout: 30_000 })
      report.ran(`${title}: the client talks to the server`, result)
    }
    const exit = await server.stop('SIGTERM')
    const problem = exit === 0 ? '' : `it ended with ${exit}\n${server.output()}`
    report.say(`${title}: the server ends on SIGTERM`, problem)
  } catch (error) {
    report.say(`${title}: the server runs`, `${error.message}\n${server.output()}`)
  } finally {
    await server.stop()
  }
}

/** Runs the blocks with tests as a user's suite, in vitest. */
export async function passes({ title, code, user, report }) {
  const tests = code.filter((text) => text.includes(" from 'vitest'"))
  for (const [i, text] of tests.entries()) user.write(`readme-${i + 1}.test.ts`, text)
  const vitest = join(ensureInstalled('packages'), 'vitest', 'vitest.mjs')
  // Other READMEs may keep the machine busy.
  const args = ['run', '--reporter=verbose', '--testTimeout=60000', '--dir', '.']
  const result = await user.run(process.execPath, [vitest, ...args], { env: { NO_COLOR: '1' } })
  const passed = Number(/ (\d+) passed \(\d+\)\n *Start/.exec(result.output)?.[1] ?? 0)
  report.ran(`${title}: ${passed} tests in vitest`, {
    ...result,
    ok: result.ok && passed >= tests.length && passed > 0,
  })
}

/** Returns the arguments that start a file. Deno must not download packages. */
function starts(kind, file) {
  return kind === 'deno' ? ['run', '--allow-all', '--node-modules-dir=manual', '--cached-only', file] : [file]
}

async function script(text, name, user) {
  const file = `example-${name}.mjs`
  user.write(file, (await transform(text, { loader: 'ts', target: 'node20' })).code)
  return file
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function listening(port, patience = 20_000) {
  const deadline = Date.now() + patience
  for (;;) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    if (Date.now() > deadline) throw new Error(`no server listens on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
