import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import { root } from '../../tooling/repository.mjs'
import { diagramStyles, inlineDiagrams } from '../diagrams.mjs'
import { resolveLinks } from '../links.mjs'
import { renderForSearch, searchOptions, splitIntoSections } from '../search.mjs'
import { guideSidebar } from '../sidebar.mjs'

const apiSidebars = JSON.parse(readFileSync(join(root, 'docs/api/sidebar.json'), 'utf8'))
const repository = 'https://github.com/chat-sdk/chat'
const base = process.env.DOCS_BASE ?? '/'

export default defineConfig({
  title: '@chat',
  description: 'Realtime messaging for TypeScript: in order, once, and never silently lost.',
  lang: 'en',
  head: [['link', { rel: 'icon', href: `${base}icon.svg` }]],
  base,
  srcDir: '../docs',
  srcExclude: ['api-report/**', 'site/**'],
  outDir: '../docs/site',
  cacheDir: './node_modules/.vitepress',
  cleanUrls: true,
  metaChunk: true,
  lastUpdated: false,
  markdown: {
    theme: { light: 'github-light', dark: 'github-dark' },
    config: (md) => {
      resolveLinks(md)
      inlineDiagrams(md)
    },
  },
  themeConfig: {
    nav: [
      { text: 'Guides', link: '/guides/getting-started', activeMatch: '^/guides/' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      { text: 'Protocol', link: '/protocol' },
      { text: 'Changelog', link: '/changelog' },
    ],
    sidebar: { ...apiSidebars, '/': guideSidebar() },
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        _render: renderForSearch,
        miniSearch: { searchOptions, _splitIntoSections: splitIntoSections },
      },
    },
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: { pattern: `${repository}/edit/main/docs/:path`, text: 'Edit this page' },
    footer: { message: `MIT licence · <a href="${base}llms.txt">llms.txt</a> for language models` },
  },
  vite: {
    plugins: [diagramStyles()],
    resolve: { conditions: ['@chat/source'] },
    build: { chunkSizeWarningLimit: 4_000 },
  },
})
