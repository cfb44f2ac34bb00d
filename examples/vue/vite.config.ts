import type { Server } from 'node:http'
import { attach } from '@chat/node-ws'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'
import { hub, path } from './hub.ts'

/** The hub on Vite's own server, beside its hot reloading: `npm run dev` is all there is to start. */
const chat: Plugin = {
  name: 'chat',
  configureServer: ({ httpServer }) => void attach(hub, httpServer as Server, { path }),
}

export default defineConfig({ plugins: [vue(), chat] })
