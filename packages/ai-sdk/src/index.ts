export type { AnswerReader } from './answer-chunks.ts'
export type { AnswerItem } from './answer-items.ts'
export {
  type AnswerSource,
  answerPrompts,
  type ConversationHub,
  type PromptContext,
  type PromptOptions,
} from './answer-prompts.ts'
export {
  type ChatTransportOptions,
  type ConversationClient,
  type ConversationRoom,
  chatTransport,
  type RoomChatTransport,
} from './chat-transport.ts'
export { type Conversation, conversation, type Prompt } from './conversation.ts'
export type { ConversationPage } from './read-conversation.ts'
