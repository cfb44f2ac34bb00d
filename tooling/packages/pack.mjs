// Packs every package as `npm publish` would, and checks that a release would cause no warnings.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../processes.mjs'
import { entries, filesBelow, packages, root } from '../repository.mjs'

/** Packages that are published. */
export const published = packages().filter(({ manifest }) => manifest.private !== true)

/** Builds the packages when the dist of a package is missing or older than its sources. */
export function ensureBuild() {
  if (published.every(isBuilt)) return
  console.log('building the packages …')
  const { status } = spawnSync('npm', ['run', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status === 0) return
  console.error('test-packages: the build failed; npm run build shows why')
  process.exit(1)
}

/** Packs all packages into a folder. Returns `{ manifest, tarball }` of each. */
export async function pack(destination) {
  rmSync(destination, { recursive: true, force: true })
  mkdirSync(destination, { recursive: true })
  const workspaces = published.map(({ manifest }) => `--workspace=${manifest.name}`)
  const args = ['pack', '--loglevel=error', '--pack-destination', destination, ...workspaces]
  const { ok, output, again } = await run('npm', args, { cwd: root })
  if (!ok) throw new Error(`unable to pack: ${output}\n  again: ${again}`)
  return published.map(({ manifest }) => {
    const file = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`
    return { manifest, tarball: join(destination, file) }
  })
}

/**
 * Checks that `npm publish --dry-run` prints no warning, and that all packages have the same version, also
 * after changesets.
 */
export async function publish({ report, registry }) {
  for (const { folder, manifest } of published) {
    const result = await run('npm', ['publish', '--dry-run', ...registry.empty], { cwd: folder })
    const warnings = result.output
      .split('\n')
      .filter((line) => /^npm (warn|error)/.test(line) && !/ Unknown \w+ config /.test(line))
    report.ran(`npm publish --dry-run ${manifest.name}`, {
      ...result,
      ok: result.ok && warnings.length === 0,
      output: result.ok ? warnings.join('\n') : result.output,
      again: `cd ${folder} && npm publish --dry-run`,
    })
  }
  report.say('one version for all packages', versionProblems())
}

function versionProblems() {
  const versions = new Set(published.map(({ manifest }) => manifest.version))
  const config = JSON.parse(readFileSync(join(root, '.changeset', 'config.json'), 'utf8'))
  const problems = []
  if (versions.size > 1) problems.push(`the packages have several versions: ${[...versions].join(', ')}`)
  if (!config.fixed.some((group) => group.includes('@chat/*'))) {
    problems.push(
      'changesets do not keep the versions together: .changeset/config.json needs "fixed": [["@chat/*"]]',
    )
  }
  for (const { manifest } of published) {
    const needs = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }
    for (const [name, range] of Object.entries(needs)) {
      if (name.startsWith('@chat/') && !versions.has(range.replace(/^[\^~]/, ''))) {
        problems.push(`${manifest.name} requires ${name} ${range}`)
      }
    }
  }
  return problems.join('\n')
}

function isBuilt(pack) {
  const newest = Math.max(...filesBelow(join(pack.folder, 'src')).map((file) => statSync(file).mtimeMs))
  return entries(pack).every(({ types }) => {
    const file = join(pack.folder, types)
    return existsSync(file) && statSync(file).mtimeMs >= newest
  })
}
