import { testPages } from './pages.ts'

testPages('chromium')
