import { chatFunctions } from '../../src/index.ts'

/** Contract of the tests. */
export interface Chat {
  events: { say: { text: string }; edit: { text: string }; typing: boolean }
  streams: { answer: string }
  calls: { double: { input: number; output: number } }
}

export const functions = chatFunctions<Chat>()
