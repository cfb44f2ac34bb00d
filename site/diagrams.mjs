// Puts the SVG images of the docs into the page itself, so that their colours follow the scheme of the page.
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { darkRules, withDarkStyle } from '../tooling/charts/palette.mjs'
import { root } from '../tooling/repository.mjs'

/** Teaches the renderer of markdown to inline the images of docs/images. */
export function inlineDiagrams(md) {
  const image = md.renderer.rules.image
  md.renderer.rules.image = (tokens, index, options, env, self) => {
    const token = tokens[index]
    const source = token.attrGet('src')
    if (!/\/images\/[\w-]+\.svg$/.test(source)) return image(tokens, index, options, env, self)
    const file = join(root, 'docs', dirname(env.relativePath), source)
    const svg = readFileSync(file, 'utf8')
    if (withDarkStyle(svg) !== svg)
      throw new Error(`docs/images/${basename(file)} has an old palette: node tooling/charts/palette.mjs`)
    return inlined(svg, basename(file, '.svg'), token.content)
  }
}

/** Makes a style sheet of the dark colours, `virtual:diagrams.css`. */
export function diagramStyles() {
  const name = 'virtual:diagrams.css'
  return {
    name: 'diagrams',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) => (id === `\0${name}` ? darkRules('.dark .diagram ') : undefined),
  }
}

/** Returns an image with ids of its own, because a page holds several. */
function inlined(svg, name, alt) {
  const own = svg
    .replace(/<style>[\s\S]*?<\/style>\n?/, '')
    .replace(/\bid="([^"]+)"/g, `id="${name}-$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${name}-$1)`)
    .replace(/ aria-labelledby="[^"]*"/, ` aria-label="${alt.replaceAll('"', '&quot;')}"`)
    .replace('<svg ', '<svg class="diagram" ')
    .replaceAll('\n', '')
  return `<span class="diagram-frame">${own.replaceAll('{{', '&#123;&#123;')}</span>`
}
