import { library } from '../../tsup.base.ts'

export default library({
  entry: ['src/index.ts', 'src/node/index.ts', 'src/client/index.ts'],
  // The server's entries share what they share, and no class exists twice.
  splitting: true,
})
