import { pageTests } from './page-tests.ts'

pageTests('webkit')
