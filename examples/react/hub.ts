import { ChatError, type Hub, type HubOptions } from '@chat/core'
import { ban, type Member } from './auth.ts'
import { type Chat, chat } from './contract.ts'
import { nameOf, type RoomName, roomsOf, users } from './directory.ts'
import type { Model } from './model.ts'

/** Users with the room that they were expelled from. In your application: in its database. */
const expelled = new Set<string>()

export const options: HubOptions<Chat, Member> = {
  contract: chat,
  authorize: ({ user, action, address }) =>
    address === `@${user.id}`
      ? action === 'read'
      : roomsOf(user.role).includes(address as RoomName) && !expelled.has(`${user.id} ${address}`),
  presence: {},
}

/** Adds the assistant, mentions and moderation to a hub. */
export function setUp(hub: Hub<Chat, Member>, answer: Model): void {
  hub.on('say', async ({ text }, { address, from, id }) => {
    if (id === null || from === null) return
    const here = new Set((await hub.to(address).members()).map(({ user }) => user))
    const called = users.filter((user) => text.includes(`@${nameOf(user).split(' ')[0]}`))
    // Those who are in the room see the message itself.
    for (const user of called.filter((user) => !here.has(user)))
      await hub.to(`@${user}`).send('mention', { from, room: address, text })
    if (!text.includes('@Assistant')) return
    const stream = await hub.to(address).stream('answer', { meta: { of: id } })
    await stream.pipe(answer(nameOf(from), stream.signal))
  })

  const moderate = (user: Member): void => {
    if (user.role !== 'agent') throw new ChatError('forbidden', 'unable to moderate: you are no agent')
  }
  hub.handle('erase', async ({ room, position }, { user }) => {
    moderate(user)
    await hub.to(room).redact(position)
    await hub.to(room).send('remove', null, { meta: { of: position[2] } })
    return null
  })
  hub.handle('expel', async ({ room, user: id }, { user }) => {
    moderate(user)
    expelled.add(`${id} ${room}`) // first, so that the user cannot come back
    await hub
      .to(room)
      .remove(`@${id}`, { code: 'support/expelled', message: `${nameOf(user.id)} has removed you.` })
    return null
  })
  hub.handle('ban', async ({ user: id }, { user }) => {
    moderate(user)
    ban(id)
    await hub.kick(`@${id}`, { reason: 'banned' })
    return null
  })
}
