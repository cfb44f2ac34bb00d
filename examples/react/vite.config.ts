import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'

// `@chat/source` takes the packages' sources in their repository. A copy with published packages can do without it.
export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ['@chat/source', ...defaultClientConditions] },
})
