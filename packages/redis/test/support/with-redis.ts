import { installed, setup } from '../../../../test-support/brokers/installed.ts'

/** `true` when `redis-server` is installed; else its tests are left out, which a line says, and CI fails. */
export const withRedis: boolean = installed['redis-server']

if (!withRedis) setup()
