const onCi = Boolean(process.env['CI'])

/**
 * Options of vitest for tests with real sockets and real time. CI machines stand still at times: there a test
 * has more time, and runs again when it fails. The end of the run names each test that was repeated.
 */
export const patience = { testTimeout: onCi ? 60_000 : 20_000, hookTimeout: 60_000, retry: onCi ? 2 : 0 }
