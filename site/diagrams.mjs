// Puts the SVG images of the docs into the page itself, so that their colours follow the scheme of the page.
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { root } from '../tooling/repository.mjs'

/** Teaches the renderer of markdown to inline the images of docs/images. */
export function inlineDiagrams(md) {
  const image = md.renderer.rules.image
  md.renderer.rules.image = (tokens, index, options, env, self) => {
    const token = tokens[index]
    const source = token.attrGet('src')
    if (!/\/images\/[\w-]+\.svg$/.test(source)) return image(tokens, index, options, env, self)
    const file = join(root, 'docs', dirname(env.relativePath), source)
    return inlined(readFileSync(file, 'utf8'), basename(file, '.svg'), token.content)
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
  return own.replaceAll('{{', '&#123;&#123;')
}
