import { testPages } from './pages.ts'

testPages('firefox')
