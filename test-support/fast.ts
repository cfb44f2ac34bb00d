import { type Runtime, systemRuntime } from '@chat/core'

/**
 * The platform's runtime with a faster clock: a minute of a client takes seconds of a test. Sockets keep real
 * time.
 */
export const faster = (speed: number): Runtime => ({
  ...systemRuntime,
  now: () => systemRuntime.now() * speed,
  timer: (delay, callback) => systemRuntime.timer(delay / speed, callback),
})

/** Half a minute takes 1.5 s of real time. */
export const fast: Runtime = faster(20)

/** Timeouts that detect a silent peer within a second of a test. */
export const impatient = { heartbeat: 10_000, heartbeatGrace: 5_000 }
