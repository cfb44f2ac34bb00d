import { setTimeout as wait } from 'node:timers/promises'

const sentences = [
  'This is a scripted model, so it needs no key.',
  'It writes one word after the other, as language models do.',
  'Each word is stored in the log of this answer before you see it.',
  'Reload the page: the answer comes back with everything so far, and goes on.',
  'Open a second tab: both show the same words.',
  'Press Stop: the model stops at once, and the answer keeps the words that it has.',
  'Kill the server: it starts again, finds a prompt without a whole answer, and answers it anew.',
  'A slow network loses no word, because the page reads the log from the place that it has reached.',
]

/** Answers a prompt word by word. Replace it with the stream of your model; `signal` stops it. */
export async function* answerTo(prompt: string, signal: AbortSignal, pace = 60): AsyncGenerator<string> {
  yield `You said “${prompt}”.`
  for (const word of sentences.join(' ').split(' ')) {
    await wait(pace, undefined, { signal })
    yield ` ${word}`
  }
}
