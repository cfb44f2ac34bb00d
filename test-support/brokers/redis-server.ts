import { execFile } from 'node:child_process'
import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unusedPort } from '../test-server.ts'
import { BrokerProcess, removeFolder, temporaryFolder } from './broker-process.ts'

const run = promisify(execFile)

/** Options of a {@link RedisServer}. */
export interface RedisServerOptions {
  /** Writes an append-only file, synced every second. Default: `false`, a restart loses all data. */
  readonly persistent?: boolean
  /** Further arguments of `redis-server`, such as `['--maxmemory', '20mb']`. Default: none. */
  readonly args?: readonly string[]
}

/** A Redis server on a free port of 127.0.0.1, with a temporary folder of its own. */
export class RedisServer {
  readonly port: number
  readonly folder: string
  /** The process of the server. */
  readonly process: BrokerProcess

  private constructor(port: number, folder: string, process: BrokerProcess) {
    this.port = port
    this.folder = folder
    this.process = process
  }

  /** Starts a server. */
  static async start({ persistent = false, args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
    const [port, folder] = [await unusedPort(), temporaryFolder()]
    const own = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '']
    const process = await BrokerProcess.start({
      program: 'redis-server',
      args: [...own, '--appendonly', persistent ? 'yes' : 'no', ...args],
      ready: /Ready to accept connections/,
    })
    return new RedisServer(port, folder, process)
  }

  /** URL of the server. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /**
   * Runs a command, and resolves with the answer as `redis-cli` prints it, without colours and quotes.
   *
   * @throws Error when Redis answers an error.
   */
  command(...args: readonly (string | number)[]): Promise<string> {
    return redisCommand(this.port, ...args)
  }

  /** Ends the process without warning. */
  kill(): Promise<void> {
    return this.process.kill()
  }

  /** Starts the server again, on the same port and with the same folder. */
  restart(): Promise<void> {
    return this.process.start()
  }

  /** Removes the last bytes of the append-only file. The server must not be running. */
  truncateLog(bytes: number): void {
    const folder = join(this.folder, 'appendonlydir')
    const name = readdirSync(folder).find((file) => file.endsWith('.incr.aof'))
    if (name === undefined) throw new Error(`unable to truncate: there is no append-only file in ${folder}`)
    const file = join(folder, name)
    truncateSync(file, Math.max(0, statSync(file).size - bytes))
  }

  /** Ends the server, and removes its folder. */
  async close(): Promise<void> {
    this.process.resume()
    await this.process.kill()
    removeFolder(this.folder)
  }
}

/** Runs a command of a Redis server on a port of 127.0.0.1, like {@link RedisServer.command}. */
export async function redisCommand(port: number, ...args: readonly (string | number)[]): Promise<string> {
  const command = ['-e', '-h', '127.0.0.1', '-p', `${port}`, ...args.map(String)]
  const { stdout } = await run('redis-cli', command, { timeout: 20_000 })
  return stdout.trimEnd()
}
