// The colours of docs/images, and their counterparts on a dark page. An image is drawn in the first, and holds a style
// with the second for viewers with a dark scheme; the documentation site sets them for its own switch.
//   node tooling/charts/palette.mjs     renews the style in all images, after a change of the palette or a new drawing
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../repository.mjs'

/** Dark colours by light colour. */
const dark = {
  '#fbfaf7': '#202127', // the background
  '#fff': '#2b2d36', // boxes, and text on a strong colour
  '#e2ded3': '#3c3f4a', // rules
  '#1f2937': '#e5e7eb', // text
  '#4b5563': '#c3c8d1',
  '#6b7280': '#a3aab8', // second text
  '#9ca3af': '#7d8594',
  '#9aa5b5': '#667186', // bars beside the bar that matters
  '#2458a6': '#8ab4f8', // blue
  '#e3ecf9': '#23344f',
  '#9a5b00': '#e8b04f', // amber
  '#fbeed5': '#43351a',
  '#1c7550': '#6fcf9f', // green
  '#dff1e8': '#1d3d30',
  '#8a2c6b': '#e08bc4', // magenta
  '#6d28a8': '#c39bf0', // purple
  '#efe6f7': '#352649',
  '#a8323a': '#f08a90', // red
  '#f9e4e4': '#4a2528',
}

const images = join(root, 'docs', 'images')

/** Returns CSS that gives the shapes below `scope` their dark colours. */
export function darkRules(scope = '') {
  return Object.entries(dark)
    .flatMap(([light, colour]) =>
      ['fill', 'stroke'].map((kind) => `${scope}[${kind}="${light}"]{${kind}:${colour}}`),
    )
    .join('')
}

/** Returns an image with the style for dark schemes. Throws for a colour that the palette does not have. */
export function withDarkStyle(svg) {
  for (const [, colour] of svg.matchAll(/(?:fill|stroke)="(#[^"]+)"/g))
    if (!(colour in dark))
      throw new RangeError(`unable to draw: tooling/charts/palette.mjs lacks the colour ${colour}`)
  const style = `<style>@media (prefers-color-scheme: dark){${darkRules()}}</style>`
  return svg.replace(/<style>.*?<\/style>\n/s, '').replace('</desc>\n', `</desc>\n${style}\n`)
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const name of readdirSync(images).filter((each) => each.endsWith('.svg'))) {
    const file = join(images, name)
    writeFileSync(file, withDarkStyle(readFileSync(file, 'utf8')))
  }
}
