// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte'
import { test } from 'vitest'
import { exploreScreens, type Screen } from '../../../test-support/screens.ts'
import Lines from './support/Lines.svelte'

test(
  'whatever happens to the network, every screen shows the log, each message once and in its order',
  () =>
    exploreScreens((target, client) => {
      const app = mount(Lines, { target, props: { client } })
      flushSync()
      return { ...(app as unknown as Screen), unmount: () => void unmount(app) }
    }),
  120_000,
)
