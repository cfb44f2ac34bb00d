import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'

// `@chat/source` takes the packages' sources in their repository. With published packages it changes nothing.
export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ['@chat/source', ...defaultClientConditions] },
})
