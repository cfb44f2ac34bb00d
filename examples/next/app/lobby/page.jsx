import { Lobby } from './lobby.jsx'

/** Renders the room on the server, with the newest messages of its log. */
export default async function Page({ searchParams }) {
  const { user = 'guest' } = await searchParams
  // server.ts has put the hub of this process here: Next.js bundles its pages, and a bundle has modules of its own.
  const { messages, position, more } = await globalThis.chatHub.to('#lobby').history({ limit: 50 })
  return <Lobby user={user} initial={{ messages, position, more }} />
}
