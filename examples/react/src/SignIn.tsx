import { nameOf, roleOf, users } from '../directory.ts'
import { post } from './chat.ts'
import { Avatar, Button } from './parts.tsx'

export function SignIn({ reason }: { readonly reason?: string | undefined }) {
  const enter = async (user: string): Promise<void> => {
    const { ok } = await post(user, 'login')
    if (ok) location.assign(`/?user=${user}`)
    else alert(`${nameOf(user)} cannot sign in.`)
  }
  return (
    <main className="sign-in">
      <h1>Support</h1>
      <p role="status">{reason ?? 'Open a second window as another person, and talk.'}</p>
      {users.map((user) => (
        <Button key={user} type="button" onClick={() => void enter(user)}>
          <Avatar user={user} />
          <span>
            {nameOf(user)} <small>{roleOf(user)}</small>
          </span>
        </Button>
      ))}
    </main>
  )
}
