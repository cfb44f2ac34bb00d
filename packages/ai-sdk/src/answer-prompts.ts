import type { HistoryOptions, HubDelivery, Meta, RoomAddress, StreamWriter, Undo, User } from '@chat/core'
import { checkOptions } from '@chat/core/transport'
import type { InferUIMessageChunk, UIMessage, UIMessageChunk } from 'ai'
import { type AnswerItem, packer } from './answer-items.ts'
import type { Prompt } from './conversation.ts'
import { type ConversationPage, readConversation } from './read-conversation.ts'

/** Part of a hub that answers prompts: any hub whose contract has the groups of `conversation`. */
export interface ConversationHub<U extends User = User> {
  /** Listens to prompts. */
  on(event: 'prompt', listener: (prompt: Prompt, message: HubDelivery<U>) => unknown): Undo
  /** Returns a room. */
  to(address: RoomAddress): {
    /** Opens an answer. */
    stream(
      event: 'answer',
      options: { readonly start: AnswerItem[]; readonly meta: Meta },
    ): Promise<StreamWriter<AnswerItem[]>>
    /** Reads the log of the room. */
    history(options: HistoryOptions): Promise<ConversationPage>
  }
}

/** Prompt with its conversation, as {@link answerPrompts} gives it to the application. */
export interface PromptContext<M extends UIMessage = UIMessage, U extends User = User> {
  /** Messages of the conversation, oldest first: those of the log, and last the message of the prompt. */
  readonly messages: M[]
  /** The option `body` of `sendMessage`; `undefined` without it. */
  readonly body: object | undefined
  /** Address of the conversation's room. */
  readonly address: string
  /** User who asks, as `authenticate` returned it. */
  readonly user: U
  /** Aborted when a reader stops the answer, and when the hub closes. Give it to the model. */
  readonly signal: AbortSignal
}

/** Chunks of an answer, as `toUIMessageStream` and `createUIMessageStream` of the AI SDK return them. */
export type AnswerSource<M extends UIMessage = UIMessage> =
  | AsyncIterable<InferUIMessageChunk<M>>
  | ReadableStream<InferUIMessageChunk<M>>

/** Options of {@link answerPrompts}. */
export interface PromptOptions {
  /** Maximum number of entries of the log that are read for the conversation. Default: 200. */
  readonly last?: number | undefined
}

/**
 * Answers the prompts of all conversations. Each answer is a stream of its room: readers that reload, that come later
 * or that are on another node get all of it, and each of them may stop it, if the policy allows `cancel`.
 *
 * ```ts
 * answerPrompts(hub, async ({ messages, signal }) =>
 *   streamText({
 *     model,
 *     messages: await convertToModelMessages(messages),
 *     abortSignal: signal,
 *   }).toUIMessageStream(),
 * )
 * ```
 *
 * An error of `answer` ends the answer as `failed`: the page gets the code and message of a `ChatError`, and of any
 * other error only `internal`. Returns the function that ends the answering; answers under way go on.
 *
 * @throws UsageError when an option does not exist, or `prompt` has a handler.
 */
export function answerPrompts<M extends UIMessage = UIMessage, U extends User = User>(
  hub: ConversationHub<U>,
  answer: (prompt: PromptContext<M, U>) => AnswerSource<M> | Promise<AnswerSource<M>>,
  options: PromptOptions = {},
): Undo {
  checkOptions('answer prompts', options, { last: true })
  return hub.on('prompt', async (prompt, message) => {
    if (!message.durable) return
    const { address, user, id } = message
    const room = hub.to(address as RoomAddress)
    const writer = await room.stream('answer', { start: [], meta: { prompt: prompt.id } })
    const source = async (): Promise<Answer> => {
      const last = options.last ?? 200
      const { messages } = await readConversation<M>((page) => room.history(page), { last, until: id })
      const { body } = prompt
      const chunks = await answer({ messages, body, address, user, signal: writer.signal })
      const newest = messages.at(-1)
      // The output of a tool continues the message that called the tool.
      return { chunks, id: newest?.role === 'assistant' ? newest.id : writer.id }
    }
    await writer.pipe(itemsOf(source))
  })
}

/** Chunks of an answer, and the id of the message that they make. */
interface Answer {
  readonly chunks: AnswerSource
  readonly id: string
}

/** Yields the items of an answer. All readers must know the message by one id, so its start tells the id. */
async function* itemsOf(source: () => Promise<Answer>): AsyncGenerator<AnswerItem[]> {
  const { chunks, id } = await source()
  const pack = packer()
  let started = false
  for await (const chunk of chunks as AsyncIterable<UIMessageChunk>) {
    if (chunk.type === 'start') yield [{ ...chunk, messageId: chunk.messageId ?? id }]
    else if (started) yield [pack(chunk)]
    else yield [{ type: 'start', messageId: id }, pack(chunk)]
    started = true
  }
}
