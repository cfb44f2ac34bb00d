import { attack } from '../attack.ts'
import { comeBack } from '../come-back.ts'

attack(
  '5 000 clients lose their connections at once, and come back (SK-04)',
  { heap: 512, peak: 320, keeps: 96, stands: 15_000 },
  (scene) => comeBack(scene, { count: 5_000, rooms: 2, userOf: (n) => `user-${n}` }),
)
