// A program of the bench answers the requests of its parent over the channel of `fork`, and ends with it.

/**
 * Answers each request with the result of the handler of its name. `end` resolves when the process may end.
 */
export function answer(handlers, end = async () => {}) {
  process.on('message', async ({ id, name, input }) => {
    try {
      process.send({ id, result: (await handlers[name](input)) ?? null })
    } catch (error) {
      process.send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })
  // The parent may have been killed. Ctrl-C reaches every process of the terminal: the parent decides.
  process.on('disconnect', () => void end().finally(() => process.exit(0)))
  process.on('SIGINT', () => {})
  process.send({ ready: true })
}
