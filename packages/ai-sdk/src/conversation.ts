import { type Schema, type StreamSchema, stream } from '@chat/core'
import type { UIMessage } from 'ai'
import type { AnswerItem } from './answer-items.ts'

/** Message of a page that asks for an answer. */
export interface Prompt<M extends UIMessage = UIMessage> {
  /** Id of the request. The answer has it in its meta, as `prompt`. */
  readonly id: string
  /**
   * Newest message of the conversation. It replaces the message with the same id, and all messages after that
   * message are dropped: so a prompt is also an edit, a request for another answer, or the output of a tool.
   */
  readonly message: M
  /** The option `body` of `sendMessage`, for the application. */
  readonly body?: object | undefined
}

/** Groups of a contract with which a room is a conversation. */
export interface Conversation {
  /** Messages of the pages. */
  readonly events: {
    /** Message of a page that asks for an answer. */
    readonly prompt: Schema<Prompt, Prompt>
  }
  /** Answers of the model. */
  readonly streams: {
    /** Chunks of the AI SDK, as items of a list. */
    readonly answer: StreamSchema<AnswerItem[], AnswerItem[]>
  }
}

/**
 * Part of a contract for conversations with a model, shared by server and page.
 *
 * ```ts
 * export const chat = contract({
 *   events: { ...conversation.events, typing: z.boolean() },
 *   streams: conversation.streams,
 * })
 * ```
 *
 * It checks the shape of prompts: the role of a message is `user` or `assistant`, and its parts have a type. The
 * content of the parts is the application's to check, for example with `validateUIMessages` of the AI SDK.
 */
export const conversation: Conversation = {
  events: { prompt: schema(promptFault) },
  streams: { answer: /* @__PURE__ */ stream(schema(answerFault)) },
}

/** Makes a validator from a function that returns the fault of a value, or `null`. */
function schema<T>(faultOf: (value: unknown) => string | null): Schema<T, T> {
  return {
    '~standard': {
      version: 1,
      vendor: '@chat/ai-sdk',
      validate: (value) => {
        const message = faultOf(value)
        return message === null ? { value: value as T } : { issues: [{ message }] }
      },
    },
  }
}

function promptFault(value: unknown): string | null {
  if (!isRecord(value)) return 'a prompt must be an object'
  const { id, message, body } = value
  if (!isId(id)) return 'the id of a prompt must be a text of 1 to 128 characters'
  if (body !== undefined && !isRecord(body)) return 'the body of a prompt must be an object'
  if (!isRecord(message) || !isId(message['id'])) return 'a prompt must have a message with an id'
  if (message['role'] !== 'user' && message['role'] !== 'assistant')
    return `the role of a message must be 'user' or 'assistant'`
  return Array.isArray(message['parts']) && message['parts'].every(hasType)
    ? null
    : 'the parts of a message must be an array of objects with a type'
}

function answerFault(value: unknown): string | null {
  const fits = Array.isArray(value) && value.every((item) => typeof item === 'string' || hasType(item))
  return fits ? null : 'an answer must be an array of chunks and texts'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 128
}

function hasType(value: unknown): boolean {
  return isRecord(value) && typeof value['type'] === 'string'
}
