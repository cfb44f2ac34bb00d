// The packages as they would be published, for npm to install by name: packs what is built, and answers npm as a registry does, for the scope @chat alone.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { packages, requireBuild, root } from './packages.mjs'

/** Packs every package into a folder: `{ name, version, manifest, bytes }` of each. */
export function packAll(folder) {
  requireBuild()
  mkdirSync(folder, { recursive: true })
  const names = packages().flatMap(({ manifest }) => ['--workspace', manifest.name])
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...names]
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`unable to pack the packages: ${stderr}`)
  const packed = Object.values(JSON.parse(stdout))
  return packages().map(({ manifest }) => {
    const { name, version } = manifest
    const { filename } = packed.find((pack) => pack.name === name)
    return { name, version, manifest, bytes: readFileSync(join(folder, filename)) }
  })
}

/** Serves packed packages on a free port. `flag` is what tells npm to ask here for them; everything else comes from where it always does. */
export async function serveRegistry(packs) {
  const documents = new Map()
  const files = new Map()
  const server = createServer(({ url }, response) => {
    const path = decodeURIComponent(url)
    const body = documents.get(path) ?? files.get(path)
    response.writeHead(body === undefined ? 404 : 200).end(body ?? '{}')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${server.address().port}`
  for (const { name, version, manifest, bytes } of packs) {
    const path = `/${name}/-/${version}.tgz`
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
    const published = { ...manifest, dist: { tarball: origin + path, integrity } }
    documents.set(
      `/${name}`,
      JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: published } }),
    )
    files.set(path, bytes)
  }
  return { flag: `--@chat:registry=${origin}/`, close: () => server.close() }
}
