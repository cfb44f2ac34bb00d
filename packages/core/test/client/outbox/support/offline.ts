import { type Client, type HubOptions, type Limits, type OutboxOptions, openOutbox } from '@chat/core'
import { OutboxDisk, type OutboxPage, type World } from '@chat/testing'

/** Hub for every user, with a log that everyone may read. */
export const openHub = {
  authenticate: ({ token }: { readonly token: string | null }) => ({ id: token ?? '' }),
  authorize: () => true,
}

/** Policy of the hub. */
type Policy = NonNullable<HubOptions['authorize']>

/** A page of alice, with its outbox. */
export interface AlicesPage {
  readonly page: OutboxPage
  readonly outbox: ReturnType<typeof openOutbox>
  readonly client: Client
  /** Errors that the client has told. */
  readonly errors: unknown[]
  /** Ends the page as a crash does: nothing more is stored, and what is on its way arrives. */
  crash(): void
}

/** A disk, and a hub whose pages have their outbox on it. */
export function startDisk(w: World, limits: Partial<Limits> = {}, authorize: Policy = () => true) {
  const disk = new OutboxDisk(w.runtime('disk'))
  const hub = w.hub({ ...openHub, limits, authorize })
  const open = async (options: OutboxOptions = {}, user = 'alice'): Promise<AlicesPage> => {
    const page = disk.openPage()
    const outbox = openOutbox(page, options)
    const client = await w.client(hub, user, { outbox })
    const errors: unknown[] = []
    client.on('$error', ({ error }) => errors.push(error))
    const crash = (): void => {
      page.crash()
      client.close()
    }
    return { page, outbox, client, errors, crash }
  }
  /** Texts in the log of `*`, in their order. */
  const stored = async (): Promise<unknown[]> => {
    const { messages } = await hub.to('*').history()
    return messages.map(({ data }) => data)
  }
  return { disk, hub, open, stored }
}

/** Sends a text, and returns its outcome once it is known: `stored`, or the code of the error. */
export function sendText(client: Client, text: string): { outcome: string | null } {
  const sent: { outcome: string | null } = { outcome: null }
  client
    .to('*')
    .send('say', text)
    .then(
      () => {
        sent.outcome = 'stored'
      },
      (error: { readonly code: string }) => {
        sent.outcome = error.code
      },
    )
  return sent
}
