import { attack } from '../attack.ts'
import { comeBack } from '../come-back.ts'

attack(
  '60 screens of one account come back at once (SEC-12)',
  { quick: true, peak: 96, keeps: 32 },
  (scene) => comeBack(scene, { count: 60, rooms: 5, userOf: () => 'account' }),
)
