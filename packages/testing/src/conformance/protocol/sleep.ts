import { systemRuntime } from '@chat/core'

/** Lets real time pass. */
export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void systemRuntime.timer(milliseconds, resolve))
