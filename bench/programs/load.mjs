// The load: all clients of all contenders, in one process. A measurement runs one scenario against one contender.
import { importContender } from '../contenders/all.mjs'
import { Room } from '../run/room.mjs'
import { importScenario } from '../scenarios/all.mjs'
import { answer } from './answer.mjs'

const rooms = new Map()

answer({
  async connect({ contender, scenario, ports, options }) {
    const { wire } = await importContender(contender)
    const { place } = await importScenario(scenario)
    const room = await Room.connect({ wire, ports, name: `room-${place.name}`, place: place.of(options) })
    rooms.set(`${contender} ${place.name}`, room)
  },
  async measure({ contender, scenario, seconds }) {
    const { place, run } = await importScenario(scenario)
    return run(rooms.get(`${contender} ${place.name}`), { seconds })
  },
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
})
