// Builds the page of examples/express into dist/, with the packages installed here. Adds the login page for servers with sessions.
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const source = fileURLToPath(new URL('../express/page', import.meta.url))
const dist = `${here}dist`

/** Resolves `@chat/*` to the packages installed here. Next to its sources, the page would find the repository's packages. */
const installedHere = {
  name: 'installed-here',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^@chat\// }, ({ path, kind, resolveDir }) =>
      resolveDir.startsWith(source) ? resolve(path, { kind, resolveDir: here }) : undefined,
    )
  },
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)
for (const file of ['index.html', 'style.css', 'icon.svg']) cpSync(`${source}/${file}`, `${dist}/${file}`)
cpSync(`${here}login.html`, `${dist}/login.html`)
await build({
  entryPoints: [`${source}/main.ts`],
  outfile: `${dist}/main.js`,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  plugins: [installedHere],
})
