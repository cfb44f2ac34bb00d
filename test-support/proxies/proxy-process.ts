import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrokerCommand, BrokerProcess } from '../brokers/broker-process.ts'
import { unusedPort } from '../test-server.ts'

/** A proxy with a configuration in docs/deployment. */
export type ProxyName = 'nginx' | 'haproxy' | 'caddy'

interface Kind {
  readonly file: string
  /** Texts of the file that name the public address: the test listens on a port without TLS. */
  readonly listens: readonly string[]
  /** Form of the address to listen on. */
  readonly address: (port: number) => string
  readonly command: (folder: string, file: string) => BrokerCommand
  /** Changes the configuration of the guide into a complete configuration. */
  readonly wrap: (text: string, folder: string) => string
  /** Signal that ends the program with its workers, at once. */
  readonly signal: NodeJS.Signals
}

const kinds: Readonly<Record<ProxyName, Kind>> = {
  nginx: {
    file: 'nginx.conf',
    listens: [
      'listen 443 ssl;',
      '  server_name chat.example;\n',
      '  ssl_certificate /etc/ssl/chat.pem;\n',
      '  ssl_certificate_key /etc/ssl/chat.key;\n',
    ],
    address: (port) => `listen 127.0.0.1:${port};`,
    command: (folder, file) => ({
      program: 'nginx',
      args: ['-p', folder, '-c', file],
      ready: /start worker process /,
    }),
    wrap: wrapNginx,
    signal: 'SIGTERM',
  },
  haproxy: {
    file: 'haproxy.cfg',
    listens: ['bind :443 ssl crt /etc/ssl/chat.pem'],
    address: (port) => `bind 127.0.0.1:${port}`,
    command: (_folder, file) => ({ program: 'haproxy', args: ['-W', '-f', file], ready: /Loading success/ }),
    wrap: (text) => text,
    signal: 'SIGTERM',
  },
  caddy: {
    file: 'Caddyfile',
    listens: ['chat.example {'],
    address: (port) => `http://127.0.0.1:${port} {`,
    command: (folder, file) => ({
      program: 'caddy',
      args: ['run', '--config', file, '--adapter', 'caddyfile'],
      ready: /serving initial configuration/,
      env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    }),
    wrap: (text) => `{\n\tadmin off\n}\n${text}`,
    signal: 'SIGKILL',
  },
}

/** Options of {@link ProxyProcess.start}. */
export interface ProxyOptions {
  /** Ports of the two hubs. */
  readonly hubs: readonly [a: number, b: number]
  /** Time to which the idle timeouts of the configuration are shortened, such as `1s`. */
  readonly idle?: string
}

/** A real proxy, with the configuration of docs/deployment. */
export class ProxyProcess {
  /** Port of 127.0.0.1 that it listens on. */
  readonly port: number
  readonly #process: BrokerProcess
  readonly #folder: string
  readonly #signal: NodeJS.Signals

  private constructor(port: number, kind: Kind, parts: { process: BrokerProcess; folder: string }) {
    this.port = port
    this.#process = parts.process
    this.#folder = parts.folder
    this.#signal = kind.signal
  }

  /** Starts a proxy, and resolves when it accepts connections. */
  static async start(name: ProxyName, options: ProxyOptions): Promise<ProxyProcess> {
    const kind = kinds[name]
    const folder = mkdtempSync(join(tmpdir(), `chat-${name}-`))
    const port = await unusedPort()
    const file = join(folder, kind.file)
    writeFileSync(file, kind.wrap(adapt(kind, port, options), folder))
    const process = await BrokerProcess.start(kind.command(folder, file))
    return new ProxyProcess(port, kind, { process, folder })
  }

  /** Ends the proxy. */
  async stop(): Promise<void> {
    await this.#process.kill(this.#signal)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Returns the text of a configuration in docs/deployment. */
export function readConfiguration(name: ProxyName): string {
  return readFileSync(
    fileURLToPath(new URL(`../../docs/deployment/${kinds[name].file}`, import.meta.url)),
    'utf8',
  )
}

function adapt(kind: Kind, port: number, { hubs, idle }: ProxyOptions): string {
  const [listens = '', ...others] = kind.listens
  const name = (Object.keys(kinds) as ProxyName[]).find((each) => kinds[each] === kind) ?? 'nginx'
  let text = replace(readConfiguration(name), listens, kind.address(port))
  for (const other of others) text = replace(text, other, '')
  for (const [index, hub] of hubs.entries())
    text = replace(text, `10.0.0.${index + 1}:3000`, `127.0.0.1:${hub}`)
  if (idle !== undefined && text.includes('1h')) text = replace(text, '1h', idle)
  return text
}

function replace(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`unable to start the proxy: its configuration has no '${from}'`)
  return text.replaceAll(from, to)
}

function wrapNginx(text: string, folder: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(folder, kind)};`)
    .join('\n')
  return `worker_processes 1;
daemon off;
pid ${join(folder, 'nginx.pid')};
error_log stderr notice;
events {}
http {
access_log off;
${paths}
${text}
}
`
}
