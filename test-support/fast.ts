import { type Runtime, systemRuntime } from '@chat/core'

/** The platform's runtime on a clock that runs faster: what takes a client a minute takes a test seconds. Sockets keep their own time. */
export const faster = (speed: number): Runtime => ({
  ...systemRuntime,
  now: () => systemRuntime.now() * speed,
  timer: (delay, callback) => systemRuntime.timer(delay / speed, callback),
})

/** Half a minute takes 1.5 s. */
export const fast: Runtime = faster(20)

/** Timeouts with which silence is noticed within a second, at the pace of the tests. */
export const impatient = { heartbeat: 10_000, heartbeatGrace: 5_000 }
