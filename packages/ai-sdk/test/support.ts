import { contract, Hub } from '@chat/core'
import { convertToModelMessages, simulateReadableStream, streamText } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'
import { answerPrompts, conversation } from '../src/index.ts'

export const chat = contract(conversation)

/** A scripted model: it says its words one after the other, until its signal aborts. */
export class Model {
  /** Number of calls whose signal was aborted before their last word. */
  stopped = 0
  /** Messages of each call, as texts. */
  readonly calls: string[][] = []
  readonly words: readonly string[]
  readonly pace: number
  #held: Promise<void> | null = null
  #release = (): void => {}

  constructor(words: readonly string[], pace: number) {
    this.words = words
    this.pace = pace
  }

  /** Lets the model say no more than half of its words, until `release`. */
  holdHalfway(): void {
    this.#held = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  release(): void {
    this.#release()
    this.#held = null
  }

  /** Makes a model of the AI SDK. */
  languageModel(): MockLanguageModelV3 {
    return new MockLanguageModelV3({
      doStream: async ({ prompt, abortSignal }) => {
        this.calls.push(prompt.map(({ content }) => textOf(content)))
        let finished = false
        abortSignal?.addEventListener('abort', () => {
          if (!finished) this.stopped++
        })
        let chunks = 0
        const parts = new TransformStream({
          transform: async (chunk, controller) => {
            if (++chunks > this.words.length / 2) await this.#held
            controller.enqueue(chunk)
          },
          flush: () => {
            finished = true
          },
        })
        return { stream: this.#stream().pipeThrough(parts) }
      },
    })
  }

  #stream() {
    const deltas = this.words.map((delta) => ({ type: 'text-delta' as const, id: 't', delta }))
    const usage = {
      inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 1, text: 1, reasoning: 0 },
    }
    return simulateReadableStream({
      chunkDelayInMs: this.pace,
      chunks: [
        { type: 'stream-start' as const, warnings: [] },
        { type: 'text-start' as const, id: 't' },
        ...deltas,
        { type: 'text-end' as const, id: 't' },
        { type: 'finish' as const, finishReason: { unified: 'stop' as const, raw: 'stop' }, usage },
      ],
    })
  }
}

const textOf = (content: unknown): string =>
  Array.isArray(content) ? content.map(({ text = '' }) => text).join('') : String(content)

/** Starts a hub whose conversations a model answers. A prompt with the word "fail" fails. */
export function startHub(model: Model) {
  const hub = new Hub({
    contract: chat,
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: ({ address }) => address.startsWith('#chat:'),
  })
  answerPrompts(hub, async ({ messages, signal }) => {
    const last = messages.at(-1)?.parts.at(-1)
    if (last?.type === 'text' && last.text.includes('fail')) throw new Error('the model is out of order')
    const result = streamText({
      model: model.languageModel(),
      messages: await convertToModelMessages(messages),
      abortSignal: signal,
    })
    return result.toUIMessageStream()
  })
  return hub
}
