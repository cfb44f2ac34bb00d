import { setTimeout as wait } from 'node:timers/promises'

const answer =
  'this is a scripted model, so it needs no key. Each word is in the log of the room before you see it: ' +
  'reload the page, open a second one, or lose the network, and you will miss none. Stop ends it for everyone.'

/** Answers a user with parts of a text; `signal` stops it. */
export type Model = (name: string, signal: AbortSignal) => AsyncIterable<string>

/** Returns a model that takes `pace` milliseconds for a word. Replace it with yours. */
export const scripted = (pace: number): Model =>
  async function* (name, signal) {
    yield `${name},`
    for (const word of answer.split(' ')) {
      await wait(pace, undefined, { signal })
      yield ` ${word}`
    }
  }
