// A node in a separate process that reads long pages for ever, which a test kills. Prints a line when it reads.
import { natsBackplane } from '../../src/index.ts'

const [servers = '', prefix = ''] = process.argv.slice(2)
const backplane = await natsBackplane({ servers, prefix })
async function replay(): Promise<void> {
  for (;;) await backplane.read('#room', { after: 0, limit: 256 })
}
const replays = Array.from({ length: 50 }, replay)
process.stdout.write('replaying\n')
await Promise.all(replays)
