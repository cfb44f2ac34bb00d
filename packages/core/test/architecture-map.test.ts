import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const page = readFileSync(new URL('docs/architecture.md', root), 'utf8')
const map = page.slice(page.indexOf('## The map'), page.indexOf('## The way of a message'))
/** Names in code style on the map. */
const names = new Set(Array.from(map.matchAll(/`([^`]+)`/g), ([, name = '']) => name))
const packages = readdirSync(new URL('packages', root))

const entriesOf = (folder: string): string[] =>
  readdirSync(new URL(folder, root), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  )

/** Paths of all sources, such as `core/src/hub/hub.ts`, with those of their folders. */
const sources = packages.flatMap((name) =>
  readdirSync(new URL(`packages/${name}/src`, root), { recursive: true, withFileTypes: true }).map(
    (entry) => {
      const folder = entry.parentPath.replaceAll('\\', '/')
      return `/${folder.slice(folder.lastIndexOf(`/${name}/src`) + 1)}/${entry.name}${entry.isDirectory() ? '/' : ''}`
    },
  ),
)

test('every file and folder that the map of the architecture names exists', () => {
  const paths = [...names].filter((name) => /^[\w./-]+(?:\.ts|\/)$/.test(name))
  const missing = paths.filter((path) => !sources.some((source) => source.endsWith(`/${path}`)))
  expect(paths.length).toBeGreaterThan(80)
  expect(missing).toEqual([])
})

test.each([
  ['room of core', 'packages/core/src', /\/$/],
  ['floor of the hub', 'packages/core/src/hub', /./],
  ['floor of the client', 'packages/core/src/client', /./],
  ['room of the simulation', 'packages/testing/src', /\/$/],
])('every %s is on the map of the architecture', (_, folder, isMeant) => {
  const entries = entriesOf(folder).filter((name) => isMeant.test(name))
  expect(entries.filter((name) => !names.has(name))).toEqual([])
})

test('every package is on the map of the architecture', () => {
  expect(packages.filter((name) => !map.includes(`@chat/${name}\``))).toEqual([])
})
