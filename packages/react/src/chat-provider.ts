import type { AnyContract, Client } from '@chat/core'
import { takeClient, tellMissingProvider } from '@chat/store/binding'
import {
  type Context,
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useState,
} from 'react'

/** Props of {@link ChatProvider}. */
export interface ChatProviderProps<C extends AnyContract = AnyContract> {
  /**
   * The client, `null` for none, or a function that connects. The function is called once the provider is mounted,
   * so not on a server, and its client is closed when the provider is unmounted. A change of the function has no effect: to
   * connect anew, for example for another user, give the provider another `key`.
   */
  readonly client: Client<C> | null | (() => Client<C>)
  /** Components that use the client. */
  readonly children?: ReactNode
}

type Provided = Client<AnyContract> | null | undefined

/** `undefined` where there is no provider. */
const ChatContext: Context<Provided> = createContext<Provided>(undefined)

const missing = 'put <ChatProvider client={…}> around them; give it the client null where there is none'

/**
 * Gives a client to the hooks of all components below. Of several providers the innermost counts.
 *
 * ```tsx
 * <ChatProvider client={() => connect('/chat', { token })}>
 *   <Lobby />
 * </ChatProvider>
 * ```
 */
export function ChatProvider<C extends AnyContract>({
  client,
  children,
}: ChatProviderProps<C>): ReactElement {
  const made = useMade(typeof client === 'function' ? client : null)
  const value = (
    typeof client === 'function' ? made : takeClient(client, "the prop 'client' of ChatProvider")
  ) as Client<AnyContract> | null
  return createElement(ChatContext.Provider, { value }, children)
}

function useMade<C extends AnyContract>(make: (() => Client<C>) | null): Client<C> | null {
  const [client, setClient] = useState<Client<C> | null>(null)
  const newest = useRef(make)
  newest.current = make
  const makes = make !== null
  useEffect(() => {
    // A client connects at the end of the turn, so the first of the two that StrictMode makes never connects.
    const made = makes ? newest.current?.() : null
    setClient(takeClient(made, "the result of the prop 'client' of ChatProvider") as Client<C> | null)
    return () => made?.close()
  }, [makes])
  return client
}

/**
 * Returns the client of the provider; `null` on a server, before the provider has connected, and without a provider,
 * which the console tells once.
 */
export function useClient(): Client | null {
  const client = useContext(ChatContext)
  if (client === undefined) tellMissingProvider(missing)
  return (client ?? null) as Client | null
}
