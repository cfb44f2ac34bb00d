// Writes docs/changelog.md: the changes that wait in .changeset, and below them the releases of all packages, which
// share one version.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packages, root } from '../tooling/repository.mjs'

/** Writes the page. */
export function writeChangelog() {
  const waiting = changesets()
  const next = waiting.length === 0 ? [] : ['## Not released yet', '', ...waiting, '']
  const page = [
    '---',
    'title: Changelog',
    'description: The changes of each release.',
    'editLink: false',
    '---',
    '',
    '# Changelog',
    '',
    ...next,
    ...releases(),
  ]
  writeFileSync(join(root, 'docs', 'changelog.md'), `${page.join('\n')}\n`)
}

/** Returns an item for each changeset, which names its packages. */
function changesets() {
  const folder = join(root, '.changeset')
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .map((text) => /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text))
    .map(([, front, body]) =>
      item(
        body,
        [...front.matchAll(/@chat\/([\w-]+)/g)].map(([, name]) => name),
      ),
    )
}

function item(body, names) {
  return `- **${names.join(', ')}** ${body.trim().replaceAll('\n', '\n  ')}`
}

/** Returns the versions, newest first, each with the text of every package that says more than the others. */
function releases() {
  const versions = new Map()
  for (const { folder, name } of packages()) {
    const file = join(folder, 'CHANGELOG.md')
    if (!existsSync(file)) continue
    const [, ...parts] = readFileSync(file, 'utf8').split(/^## /m)
    for (const part of parts) {
      const [version, ...lines] = part.split('\n')
      const body = lines.join('\n').replace(/^###/gm, '####').trim()
      const bodies = versions.get(version.trim()) ?? new Map()
      bodies.set(body, [...(bodies.get(body) ?? []), name])
      versions.set(version.trim(), bodies)
    }
  }
  return [...versions]
    .sort(([a], [b]) => b.localeCompare(a, 'en', { numeric: true }))
    .flatMap(([version, bodies]) => [`## ${version}`, '', ...[...bodies].flatMap(release)])
}

function release([body, names]) {
  return [`### ${names.join(', ')}`, '', body, '']
}
