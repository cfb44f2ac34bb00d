import { render } from 'svelte/server'
import Page from './Page.svelte'

/** Returns the page as a server renders it, which has no client. */
export const renderPage = (): string => render(Page, { props: { client: null, address: '#lobby' } }).body
