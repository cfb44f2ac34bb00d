import { dts, library } from '../../tsup.base.ts'

/** Entries of the manifest. */
const entries = ['src/index.ts', 'src/transport.ts', 'src/backplane.ts', 'src/memory.ts']

export default library({
  // The façades are entries, though not public, so that hub, client and request handler become separate chunks: bundlers then drop the hub as a whole
  // from a page. Out of one file they would keep each of its top-level calls and every class that extends another package's.
  entry: [...entries, 'src/{hub,client,transport}/{hub,client,request-handler}.ts'],
  splitting: true,
  dts: { ...dts, entry: entries },
})
