import { render } from 'svelte/server'
import { expect, test } from 'vitest'
import Page from '../test-browser/support/Page.svelte'

test('a server renders a page without a client', () => {
  const { body } = render(Page, { props: { client: null, address: '#lobby' } })
  expect(body).toContain('connecting')
  expect(body).toContain('joining')
})
