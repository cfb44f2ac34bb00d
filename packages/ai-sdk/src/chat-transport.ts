import {
  address,
  ChatError,
  type RoomAddress,
  type Runtime,
  systemRuntime,
  UncertainError,
  type Undo,
  UsageError,
} from '@chat/core'
import { checkDuration, checkOptions } from '@chat/core/transport'
import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai'
import { type AnswerReader, chunksOf, untilAborted } from './answer-chunks.ts'
import type { Prompt } from './conversation.ts'
import {
  type ConversationPage,
  findAnswer,
  type OpenPrompt,
  type ReadConversation,
  type ReadPage,
  readConversation,
} from './read-conversation.ts'

/** Room of a conversation, as a client returns it. */
export interface ConversationRoom {
  /** Rejects when the hub refuses the room. */
  readonly ready: Promise<void>
  /** Listens to answers. */
  on(event: 'answer', listener: (reader: AnswerReader) => unknown): Undo
  /** Sends a prompt. */
  send(
    event: 'prompt',
    prompt: Prompt,
    options: { readonly signal?: AbortSignal | undefined },
  ): Promise<unknown>
  /** Leaves the room. */
  leave(): void
}

/** Part of a client that the transport uses: any client whose contract has the groups of `conversation`. */
export interface ConversationClient {
  /** Joins a room. */
  join(room: RoomAddress): ConversationRoom
  /** Reads the log of a room. */
  history(
    room: RoomAddress,
    options: { readonly before?: number | undefined; readonly limit: number },
  ): Promise<ConversationPage>
}

/** Options of {@link chatTransport}. */
export interface ChatTransportOptions {
  /** Returns the address of the room of a chat. Default: `#chat:` and the id of the chat. */
  readonly room?: ((chatId: string) => RoomAddress) | undefined
  /** Maximum number of entries of the log that `load` reads. Default: 200. */
  readonly last?: number | undefined
  /**
   * Maximum time from a prompt until its answer begins, in milliseconds. The model has begun to work by then, and has
   * not yet needed to say anything. Default: 30 000.
   */
  readonly timeout?: number | undefined
  /** Clock, timers and randomness. Default: those of the platform. For tests. */
  readonly runtime?: Runtime | undefined
}

/** Transport of `useChat`, as {@link chatTransport} returns it. */
export interface RoomChatTransport<M extends UIMessage = UIMessage> extends ChatTransport<M> {
  /**
   * Reads the conversation from the log of its room, for the option `messages` of `useChat`. An answer that is still
   * written is not among the messages: the option `resume` of `useChat` reads it from its beginning.
   *
   * @throws ChatError `forbidden` when the policy of the hub forbids `read`.
   */
  load(chatId: string): Promise<M[]>
}

/**
 * Returns a transport for `useChat` of the AI SDK over a client. Make it once, outside of components. Each chat is a
 * room, whose log is the conversation; a hub with {@link answerPrompts} answers.
 *
 * ```ts
 * const client = connect('/chat', { contract: chat, token })
 * const transport = chatTransport(client)
 * const messages = await transport.load('7')
 * // in a component
 * const { sendMessage, stop } = useChat({ id: '7', messages, transport, resume: true })
 * ```
 *
 * A prompt is the last message alone: the server reads the others from the log. A lost connection is no error, because
 * the client reads on when it is back. `stop` stops the model. The option `headers` of `sendMessage` has no effect.
 *
 * `useChat` shows an error as `error`: the `ChatError` with which the hub refuses the prompt or the answer has
 * failed, `timeout` when no answer begins, `unavailable` when the process that wrote the answer has died.
 *
 * @throws UsageError when an option does not exist or has a wrong value.
 */
export function chatTransport<M extends UIMessage = UIMessage>(
  client: ConversationClient,
  options: ChatTransportOptions = {},
): RoomChatTransport<M> {
  const operation = 'make a transport'
  checkOptions(operation, options, { room: true, last: true, timeout: true, runtime: true })
  checkDuration(operation, 'timeout', options.timeout)
  return new ClientTransport<M>(client, options)
}

/** Maximum time for which a resume waits for an answer that has not begun, in milliseconds. */
const resumePatience = 5_000

class ClientTransport<M extends UIMessage> implements RoomChatTransport<M> {
  readonly #client: ConversationClient
  readonly #options: ChatTransportOptions
  readonly #runtime: Runtime
  /** Prompts without an answer at the last `load`, by chat. */
  readonly #loaded = new Map<string, OpenPrompt | null>()
  /** Number of the last request of each chat. */
  readonly #requests = new Map<string, number>()

  constructor(client: ConversationClient, options: ChatTransportOptions) {
    this.#client = client
    this.#options = options
    this.#runtime = options.runtime ?? systemRuntime
  }

  async load(chatId: string): Promise<M[]> {
    const { messages, open } = await this.#read(chatId)
    this.#loaded.set(chatId, open)
    return messages
  }

  async sendMessages({ chatId, messages, body, abortSignal }: SendOptions<M>): Promise<Chunks> {
    const message = messages.at(-1)
    if (message === undefined) throw new UsageError('unable to send a prompt: there is no message')
    const isNewest = this.#begin(chatId)
    this.#loaded.delete(chatId)
    const prompt = { id: this.#runtime.id(16), message, ...(body && { body }) }
    const room = this.#client.join(this.#roomOf(chatId))
    const answer = this.#wait(room, prompt.id, async () => {
      await sendUnlessAborted(room, prompt, abortSignal)
      return null
    })
    try {
      const reader = await untilAborted(answer, abortSignal)
      return chunksOf(reader, { signal: abortSignal, isNewest, room })
    } catch (error) {
      // The answer to a prompt that was written before the stop begins nevertheless.
      const stop = answer.then((reader) => reader.cancel()).catch(() => {})
      void stop.finally(() => room.leave())
      throw error
    }
  }

  async reconnectToStream({ chatId, abortSignal }: ReconnectOptions<M>): Promise<Chunks | null> {
    const isNewest = this.#begin(chatId)
    // A reader ends when its room is left, so the request is in the room before it looks for the reader.
    const room = this.#client.join(this.#roomOf(chatId))
    try {
      const reader = await untilAborted(this.#findOpen(chatId, room), abortSignal)
      if (reader !== null) return chunksOf(reader, { signal: abortSignal, isNewest, room })
    } catch (error) {
      room.leave()
      throw error
    }
    room.leave()
    return null
  }

  /** Begins a request. The returned function tells if no later request of the chat has begun. */
  #begin(chatId: string): () => boolean {
    const number = (this.#requests.get(chatId) ?? 0) + 1
    this.#requests.set(chatId, number)
    return () => this.#requests.get(chatId) === number
  }

  #read(chatId: string): Promise<ReadConversation<M>> {
    return readConversation<M>(this.#pagesOf(chatId), { last: this.#options.last ?? 200 })
  }

  #pagesOf(chatId: string): ReadPage {
    const room = this.#roomOf(chatId)
    return (page) => this.#client.history(room, page)
  }

  #roomOf(chatId: string): RoomAddress {
    return this.#options.room?.(chatId) ?? address.room(`chat:${chatId}`)
  }

  /** Returns the reader of the answer that is still written; `null` when there is none. */
  async #findOpen(chatId: string, room: ConversationRoom): Promise<AnswerReader | null> {
    const loaded = this.#loaded.get(chatId)
    const isKnown = loaded !== undefined && loaded?.reader?.state !== 'left'
    const open = isKnown ? loaded : (await this.#read(chatId)).open
    return open === null || open.reader !== null
      ? (open?.reader ?? null)
      : this.#waitForLate(chatId, open.id, room)
  }

  /** Waits for the answer to a prompt that is in the log already; resolves with `null` when none begins. */
  async #waitForLate(chatId: string, id: string, room: ConversationRoom): Promise<AnswerReader | null> {
    const find = async (): Promise<AnswerReader | null> => {
      await room.ready
      return findAnswer(this.#pagesOf(chatId), id)
    }
    try {
      return await this.#wait(room, id, find, resumePatience)
    } catch (error) {
      if (error instanceof ChatError && error.code === 'timeout') return null
      throw error
    }
  }

  /** Waits for the answer to a prompt, which `begin` may find by itself. */
  #wait(
    room: ConversationRoom,
    id: string,
    begin: () => Promise<AnswerReader | null>,
    timeout = this.#options.timeout ?? 30_000,
  ): Promise<AnswerReader> {
    const undos: Undo[] = []
    const answer = new Promise<AnswerReader>((resolve, reject) => {
      undos.push(
        this.#runtime.timer(timeout, () => reject(noAnswer(timeout))),
        room.on('answer', (reader) => {
          if (reader.meta?.['prompt'] !== id) return
          // Reads at once: the reason of a failure is known to readers alone.
          void reader.result
          resolve(reader)
        }),
      )
      room.ready.catch(reject)
      begin().then((reader) => reader && resolve(reader), reject)
    })
    return answer.finally(() => {
      for (const undo of undos) undo()
    })
  }
}

type SendOptions<M extends UIMessage> = Parameters<ChatTransport<M>['sendMessages']>[0]
type ReconnectOptions<M extends UIMessage> = Parameters<ChatTransport<M>['reconnectToStream']>[0]
type Chunks = ReadableStream<UIMessageChunk>

const noAnswer = (timeout: number): ChatError =>
  new ChatError('timeout', `unable to answer the prompt: no answer has begun within ${timeout} ms`)

/** Sends a prompt. An abort takes it back while it is not written; afterwards the hub may answer it. */
async function sendUnlessAborted(
  room: ConversationRoom,
  prompt: Prompt,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await room.send('prompt', prompt, { signal })
  } catch (error) {
    if (!(error instanceof UncertainError && signal?.aborted === true)) throw error
  }
}
