import { attack } from '../attack.ts'
import { comeBack } from '../come-back.ts'

attack('three tabs with 90 rooms come back at once (SEC-14)', { peak: 96, keeps: 32 }, (scene) =>
  comeBack(scene, { count: 3, rooms: 90, userOf: () => 'reader' }),
)
