import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { connectAs, hooks } from './chat.ts'
import { SignIn } from './SignIn.tsx'
import { Support } from './Support.tsx'

// Each window has a user of its own in its address, so several people can be signed in side by side.
const user = new URLSearchParams(location.search).get('user')

function App() {
  const [client] = useState(() => (user === null ? null : () => connectAs(user)))
  return user === null ? (
    <SignIn />
  ) : (
    <hooks.ChatProvider client={client}>
      <Support user={user} />
    </hooks.ChatProvider>
  )
}

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
