import { Lobby } from './lobby.jsx'

/** Renders the room on the server, with the newest messages of its log. */
export default async function Page({ searchParams }) {
  const { user = 'guest' } = await searchParams
  const { messages, position, more } = await globalThis.chatHub.to('#lobby').history({ limit: 50 })
  return <Lobby user={user} initial={{ messages, position, more }} />
}
