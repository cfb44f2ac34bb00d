import { attack } from '../attack.ts'
import { comeBack } from '../come-back.ts'

attack(
  '400 anonymous visitors behind one proxy, with 20 rooms each, come back at once (SEC-12)',
  { hub: { application: 'guests' }, heap: 512, peak: 160, keeps: 64, stands: 8_000 },
  (scene) => comeBack(scene, { count: 400, rooms: 20, userOf: (n) => `visitor-${n}` }),
)
