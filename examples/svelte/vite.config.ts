import type { Server } from 'node:http'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'
import { hub, path } from './hub.ts'

/**
 * Attaches the hub to the development server of Vite, beside hot reloading, so that `npm run dev` starts
 * everything.
 */
const chat: Plugin = {
  name: 'chat',
  configureServer({ httpServer, middlewares }) {
    attach(hub, httpServer as Server, { path })
    middlewares.use(nodeHttpHandler(hub, { path }))
  },
}

export default defineConfig({ plugins: [svelte(), chat] })
