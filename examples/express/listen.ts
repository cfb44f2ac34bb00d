import type { Server } from 'node:http'

/** The port and the host to listen on. */
export const port = Number(process.env['PORT'] || 3000)
export const host = process.env['HOST'] || '127.0.0.1'
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  fail('unable to listen: PORT must be an integer from 0 to 65535')

/** Prints the URL of the server, or the reason why it cannot listen. */
export function listening(server: Server, error?: NodeJS.ErrnoException): void {
  if (error === undefined)
    return console.log(`http://${host.includes(':') ? `[${host}]` : host}:${boundPort(server)}`)
  const reason = error.code === 'EADDRINUSE' ? `port ${port} is in use; set PORT to another` : error.message
  fail(`unable to listen: ${reason}`)
}

/** Prints a single line. Removes control characters, because names and errors may come from any client. */
export function log(text: string): void {
  console.error(text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' '))
}

/** Prints the reason why the server cannot start, and ends. */
export function fail(reason: string): never {
  log(reason)
  process.exit(1)
}

function boundPort(server: Server): number {
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : port
}
