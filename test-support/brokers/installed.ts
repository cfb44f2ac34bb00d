import { isInstalled } from './broker-process.ts'

/** The brokers that tests start, and the packages of Debian and Ubuntu that have them. */
const brokers = { 'redis-server': 'redis-server', 'nats-server': 'nats-server' } as const

/** `true` for each broker that is installed on this machine. */
export const installed: Readonly<Record<keyof typeof brokers, boolean>> = {
  'redis-server': isInstalled('redis-server') && isInstalled('redis-cli'),
  'nats-server': isInstalled('nats-server'),
}

/**
 * Says before a run which brokers are missing.
 *
 * @throws Error for a missing broker when `CI` is set.
 */
export function setup(): void {
  const missing = Object.entries(brokers).filter(([name]) => !installed[name as keyof typeof brokers])
  if (missing.length === 0) return
  const install = `sudo apt-get install --no-install-recommends ${missing.map(([, name]) => name).join(' ')}`
  const text = `not installed: ${missing.map(([name]) => name).join(', ')}; their faults are left out. To install: ${install}`
  if (process.env['CI']) throw new Error(text)
  console.log(text)
}
