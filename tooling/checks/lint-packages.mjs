// Lints the published files of every package with publint and arethetypeswrong. Reads dist: build first.
import { spawnSync } from 'node:child_process'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { checkerCommand } from '../installed.mjs'
import { packages, requireBuild, root } from '../repository.mjs'

requireBuild()
const attw = checkerCommand('attw')

let bad = 0
for (const pack of packages()) {
  say('publint', pack, await publintProblems(pack))
  say('attw', pack, attwProblems(pack))
}
process.exit(bad > 0 ? 1 : 0)

async function publintProblems({ folder, manifest }) {
  const { messages } = await publint({ pkgDir: folder, strict: true })
  return messages.map((message) => formatMessage(message, manifest)).join('\n')
}

function attwProblems({ folder }) {
  const options = ['--profile', 'esm-only', '--format', 'ascii']
  const { status, stdout, stderr } = spawnSync(attw, ['--pack', folder, ...options], {
    cwd: root,
    encoding: 'utf8',
  })
  return status === 0 ? '' : stdout + stderr
}

function say(linter, { name }, problems) {
  console.log(`${problems === '' ? 'ok' : 'not ok'} ${linter} ${name}`)
  if (problems === '') return
  console.log(problems)
  bad++
}
