import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const readme = readFileSync(new URL('README.md', root), 'utf8')

test.each(['contract.ts', 'server.ts', 'client.ts', 'test/tunnel.test.ts'])(
  'the README shows %s as it is',
  (file) => {
    const code = readFileSync(new URL(`examples/express/${file}`, root), 'utf8')
    expect(readme).toContain(`\`\`\`ts\n${code}\`\`\`\n`)
  },
)
