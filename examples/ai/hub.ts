import { Hub, isName } from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import type { Conversation } from './contract.ts'
import { answerTo } from './model.ts'

/**
 * Makes the hub of the assistant. Each user has a conversation of their own, in the room `#chat:<user>`. `pace` is the
 * time that the model takes for a word, in milliseconds.
 */
export function makeHub(backplane: Backplane, pace?: number): Hub<Conversation> {
  const hub = new Hub<Conversation>({
    backplane,
    authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
    // Covers joining, sending, reading, and cancelling an answer.
    authorize: ({ user, address }) => address === `#chat:${user.id}`,
  })
  /** Ids of the prompts that this process answers. */
  const answering = new Set<string>()

  async function answer(address: string, prompt: { id: string; text: string }): Promise<void> {
    if (answering.has(prompt.id)) return
    answering.add(prompt.id)
    try {
      const stream = await hub.to(address).stream('answer', { meta: { prompt: prompt.id } })
      await stream.pipe(answerTo(prompt.text, stream.signal, pace))
    } finally {
      answering.delete(prompt.id)
    }
  }

  /** Answers the last prompt again, if the process that answered it has died. */
  async function answerLast(address: string): Promise<void> {
    const { messages } = await hub.to(address).history({ limit: 20 })
    let last: { id: string; text: string } | null = null
    for (const message of messages) {
      if (message.event === 'prompt') last = { id: message.id, text: message.data.text }
      else if (isWhole(message.meta?.['end']) && message.meta?.['prompt'] === last?.id) last = null
    }
    if (last !== null) await answer(address, last)
  }

  hub.on('prompt', async ({ text }, { address, id }) => {
    if (id !== null) await answer(address, { id, text }) // a cast has no id
  })
  hub.on('$join', ({ address }) => void answerLast(address).catch(report))
  hub.on('$error', ({ error }) => report(error))
  return hub
}

/** Tells if an answer with this end needs no other: its model has finished, or a person has stopped it. */
const isWhole = (end: unknown): boolean => end === 'done' || end === 'cancelled'

const report = (error: unknown): void => console.error(error)
