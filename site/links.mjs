// Resolves the links of pages that VitePress does not know:
//   {@link @chat/core!index.Hub | Hub}     a name of the API reference, as in the doc comments
//   ../../packages/sqlite/README.md        a file of the repository: its page of the reference, or its page at GitHub
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { root } from '../tooling/repository.mjs'

const repository = 'https://github.com/chat-sdk/chat/blob/main'
const code = /^(`{3,}|~{3,})[\s\S]*?^\1[ \t]*$|`[^`\n]*`|<!--[\s\S]*?-->/gm
const linkTag = /\{@link\s+([^\s|}]+)\s*(?:\|\s*)?([^}]*)\}/g

/** Teaches the renderer of markdown both kinds of links. */
export function resolveLinks(md) {
  const render = md.render.bind(md)
  md.render = (source, env) => render(withApiLinks(source, env?.relativePath ?? env?.path), env)
  md.core.ruler.push('links-to-files', (state) => {
    for (const token of state.tokens) for (const child of token.children ?? []) resolveFile(child, state.env)
  })
}

/** Returns a page with its names of the API as links of markdown. */
export function withApiLinks(source, page) {
  const links = JSON.parse(readFileSync(join(root, 'docs', 'api', 'links.json'), 'utf8'))
  return outsideCode(source, (text) =>
    text.replace(linkTag, (tag, name, label) => {
      const url = links[name] ?? links[name.replace(/!$/, '')]
      if (url === undefined) throw new Error(`docs/${page}: ${tag}: the API has no ${name}`)
      const words = label.trim() || name.replace(/^.*[!.]/, '')
      return `[${words}](${url})`
    }),
  )
}

function outsideCode(source, change) {
  let result = ''
  let end = 0
  for (const { 0: found, index } of source.matchAll(code)) {
    result += change(source.slice(end, index)) + found
    end = index + found.length
  }
  return result + change(source.slice(end))
}

function resolveFile(token, { relativePath }) {
  if (token.type !== 'link_open' || relativePath === undefined) return
  const href = token.attrGet('href')
  if (!href.startsWith('.')) return
  const [path, hash = ''] = href.split('#')
  const file = posix.join('docs', posix.dirname(relativePath), path)
  if (file.startsWith('docs/')) return
  if (!existsSync(join(root, file))) throw new Error(`docs/${relativePath}: there is no file ${file}`)
  const anchor = hash === '' ? '' : `#${hash}`
  const readme = /^packages\/([\w-]+)\/README\.(?:md|html)$/.exec(file)?.[1]
  if (readme === undefined) {
    token.attrSet('href', `${repository}/${file}${anchor}`)
  } else token.attrSet('href', `/api/${readme}/${anchor}`)
}
