import { defineBackplaneSuite } from '@chat/testing/conformance'
import { describe, it } from 'vitest'
import { drivers } from './support/drivers.ts'
import { harness } from './support/harness.ts'

for (const driver of drivers) defineBackplaneSuite({ describe, it }, harness(driver))
