// Imported first: explains in one line why the server cannot start.
const { PORT = '3000' } = process.env
const port = Number(PORT)

process.once('uncaughtException', fail)

if (PORT.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535)
  fail(new Error('unable to listen: PORT must be an integer from 0 to 65535'))

/** Called when the server listens: from now on, an error shows where it comes from. */
export function started(): void {
  process.off('uncaughtException', fail)
}

function fail({ code, message }: NodeJS.ErrnoException): never {
  console.error(
    code === 'EADDRINUSE' ? `unable to listen: port ${port} is in use; set PORT to another` : message,
  )
  process.exit(1)
}
