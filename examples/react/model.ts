import { setTimeout as wait } from 'node:timers/promises'

const answer =
  'this is a scripted model, so it needs no key. Each word is in the log of the room before you see it: ' +
  'reload the page, open a second one, or lose the network, and you will miss none. Stop ends it for everyone.'

/** Answers word by word. Replace it with the stream of your model; `signal` stops it. */
export async function* answerTo(name: string, signal: AbortSignal, pace: number): AsyncGenerator<string> {
  yield `${name},`
  for (const word of answer.split(' ')) {
    await wait(pace, undefined, { signal })
    yield ` ${word}`
  }
}
