import { attack } from '../attack.ts'
import { comeBack } from '../come-back.ts'

attack(
  '100 tabs behind one proxy come back at once (SEC-12)',
  { quick: true, peak: 96, keeps: 32 },
  (scene) => comeBack(scene, { count: 100, rooms: 5, userOf: (n) => `tab-${n}` }),
)
