// Bundles modules that import the built packages, as an app would, for the checks of a page.
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from '../repository.mjs'

/** The pages that are checked. */
export const pages = {
  /** A page over WebSocket alone. */
  webSocket: `export { connect } from '@chat/browser/websocket'`,
  /** A page over WebSocket, or HTTP where WebSocket is blocked. */
  usual: `export * from '@chat/browser'`,
  /** A page that uses everything that a client offers. */
  everything: `export * from '@chat/browser'
export { address, CloseCode, contract, handleAsk, readMessages, stream, watchPresence } from '@chat/core'`,
}

/** Returns the minified code of a module and its source map. `target` is that of esbuild. */
export async function bundlePage(contents, target = 'esnext') {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, sourcefile: 'page.js' },
    absWorkingDir: root,
    outdir: join(root, 'temp'),
    bundle: true,
    minify: true,
    format: 'esm',
    target,
    // These depend on the version of Unicode, so esbuild takes them for unknown to every browser.
    supported: { 'regexp-unicode-property-escapes': true },
    sourcemap: 'external',
    write: false,
    logLevel: 'error',
  })
  const text = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text
  return { code: text('.js'), map: JSON.parse(text('.map')) }
}
