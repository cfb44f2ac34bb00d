// A registry for the @chat scope on a local port, so that `npm install @chat/core` works as for users: npm
// gets the packed tarballs of all our packages from it. It is read-only; all other packages come from the
// usual registry.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** Serves tarballs, `{ manifest, tarball }`. Resolves with `{ url, npmrc, close }`, and `empty`. */
export async function serveTarballs(packed) {
  const files = new Map(
    packed.map(({ manifest, tarball }) => [manifest.name, { manifest, bytes: readFileSync(tarball) }]),
  )
  // npm caches the answers of an address, so other tarballs need another address.
  const hash = createHash('sha256')
  for (const { bytes } of files.values()) hash.update(bytes)
  const base = `/${hash.digest('hex').slice(0, 16)}/`
  const server = createServer((request, response) => {
    const [name, wantsTarball] = split(decodeURIComponent(request.url ?? ''), base)
    const file = files.get(name)
    if (file === undefined) response.writeHead(404).end('{}')
    else if (wantsTarball)
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(file.bytes)
    else {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(packument(file, url)))
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `//127.0.0.1:${server.address().port}`
  const url = `http:${host}${base}`
  return {
    url,
    npmrc: `@chat:registry=${url}\naudit=false\nfund=false\nprefer-offline=true\n`,
    /** Options that let `npm publish` find no existing version. */
    empty: [`--registry=http:${host}/empty/`, `--${host}/empty/:_authToken=none`],
    close: () => server.close(),
  }
}

/** Returns the package that an address below `base` names, and `true` when it names its tarball. */
function split(url, base) {
  if (!url.startsWith(base)) return []
  const path = url.slice(base.length)
  return path.endsWith('.tgz') ? [path.replace(/\/-\/[^/]+$/, ''), true] : [path, false]
}

function packument({ manifest, bytes }, url) {
  const { name, version } = manifest
  const dist = {
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
    tarball: `${url}${name}/-/${version}.tgz`,
  }
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }
}
