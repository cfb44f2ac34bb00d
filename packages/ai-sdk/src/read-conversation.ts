import type { Message } from '@chat/core'
import { readUIMessageStream, type UIMessage } from 'ai'
import type { AnswerReader } from './answer-chunks.ts'
import { type AnswerItem, unpacker } from './answer-items.ts'
import type { Prompt } from './conversation.ts'

/** Page of the log of a room. */
export interface ConversationPage {
  /** Messages of the page, oldest first. */
  readonly messages: readonly Message[]
  /** `true` when the log has older messages. */
  readonly more: boolean
}

/** Function that reads a page of the log of a room. */
export type ReadPage = (options: {
  readonly before?: number | undefined
  readonly limit: number
}) => Promise<ConversationPage>

/** Conversation as the log of its room tells it. */
export interface ReadConversation<M extends UIMessage> {
  /** Messages, oldest first. An answer that is still written is not among them. */
  readonly messages: M[]
  /** Last prompt, when no answer to it has ended; `null` when there is none. */
  readonly open: OpenPrompt | null
}

/** Prompt whose answer has not ended. */
export interface OpenPrompt {
  /** Id of the prompt. */
  readonly id: string
  /** Reader of its answer; `null` for a hub, and before the answer has begun. */
  readonly reader: AnswerReader | null
}

/** Answer in the log: its items, `null` while it is written, and its reader on a page. */
interface Answer {
  readonly prompt: unknown
  readonly of: string
  reader: AnswerReader | null
  items: readonly AnswerItem[] | null
}

/** Reads the newest messages of a room, at most `last`, up to the message with the id `until`. */
export async function readConversation<M extends UIMessage>(
  readPage: ReadPage,
  { last, until }: { readonly last: number; readonly until?: string | undefined },
): Promise<ReadConversation<M>> {
  const found: Message[] = []
  for (let more = true; more && found.length < last; ) {
    const page = await readPage({
      before: found[0]?.position[1],
      limit: Math.min(last - found.length, 1_000),
    })
    more = page.more && page.messages.length > 0
    found.unshift(...page.messages)
  }
  const end = found.findIndex(({ id }) => id === until)
  return fold<M>(entriesOf<M>(end === -1 ? found : found.slice(0, end + 1)))
}

/** Finds the answer to a prompt among the newest messages of a room; `null` when there is none. */
export async function findAnswer(readPage: ReadPage, prompt: string): Promise<AnswerReader | null> {
  const { messages } = await readPage({ limit: 20 })
  const readers = messages.flatMap(({ event, data }) => (event === 'answer' && isReader(data) ? [data] : []))
  return readers.find(({ meta }) => meta?.['prompt'] === prompt) ?? null
}

/** Returns the prompts and the answers, each answer at the place of its beginning. */
function entriesOf<M extends UIMessage>(messages: readonly Message[]): (Prompt<M> | Answer)[] {
  const entries: (Prompt<M> | Answer)[] = []
  const answers = new Map<string, Answer>()
  for (const message of messages) {
    if (message.event === 'prompt') entries.push(message.data as Prompt<M>)
    if (message.event !== 'answer') continue
    const answer = answerOf(message)
    const known = answers.get(answer.of)
    if (known !== undefined) known.items = answer.items
    else {
      answers.set(answer.of, answer)
      entries.push(answer)
    }
  }
  return entries
}

/** A page has a reader in place of an answer's data; a hub has the head of an answer, and its result. */
function answerOf({ id, data, meta }: Message): Answer {
  const prompt = meta?.['prompt']
  if (!isReader(data)) {
    const ended = meta?.['stream'] !== true
    const of = ended ? String(meta?.['of']) : id
    return { prompt, of, reader: null, items: ended ? ((data ?? []) as AnswerItem[]) : null }
  }
  return { prompt, of: data.id, reader: data, items: data.state === 'open' ? null : data.value }
}

const isReader = (data: unknown): data is AnswerReader =>
  typeof data === 'object' && data !== null && !Array.isArray(data)

async function fold<M extends UIMessage>(
  entries: readonly (Prompt<M> | Answer)[],
): Promise<ReadConversation<M>> {
  let messages: M[] = []
  let open: OpenPrompt | null = null
  for (const entry of entries) {
    if ('message' in entry) {
      messages = [...before(messages, entry.message), entry.message]
      open = { id: entry.id, reader: null }
    } else if (entry.items === null) {
      if (open !== null && open.id === entry.prompt) open = { id: open.id, reader: entry.reader }
    } else {
      if (open?.id === entry.prompt) open = null
      const answer = await messageOf<M>(entry.items, messages.at(-1))
      if (answer !== null) messages = [...before(messages, answer), answer]
    }
  }
  return { messages, open }
}

/** Returns the messages before that with the id of a message; all messages when there is none. */
function before<M extends UIMessage>(messages: readonly M[], { id }: M): readonly M[] {
  const index = messages.findIndex((message) => message.id === id)
  return index === -1 ? messages : messages.slice(0, index)
}

/** Returns the message that an answer makes; it may continue the last message. */
async function messageOf<M extends UIMessage>(items: readonly AnswerItem[], last?: M): Promise<M | null> {
  const unpack = unpacker()
  const stream = new ReadableStream({
    start(controller) {
      for (const item of items) controller.enqueue(unpack(item))
      controller.close()
    },
  })
  const message = last?.role === 'assistant' ? structuredClone(last) : undefined
  let whole: M | null = null
  const reader = readUIMessageStream<M>({ stream, ...(message && { message }) }).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return whole
    whole = value
  }
}
