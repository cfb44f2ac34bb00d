import { installed, setup } from '../../../../test-support/brokers/installed.ts'

/** `true` when `nats-server` is installed; else its tests are left out, which a line says, and CI fails. */
export const withNats: boolean = installed['nats-server']

if (!withNats) setup()
