// Checks that pages run in the browsers of 2022 (Baseline 2022): the bundle of a page that uses everything has
// no syntax, built-in and API that became available in all browsers later. Reads dist: build first.
import { importChecker } from '../installed.mjs'
import { requireBuild } from '../repository.mjs'
import { bundlePage, pages } from './page-bundle.mjs'

const end = '2022-12-31'
/** The browsers at the end of that year, for esbuild, which rewrites syntax that they do not know. */
const browsers = ['chrome108', 'edge108', 'firefox108', 'safari16.2']
/** Interfaces of the platform that pages use. Only their members are looked up: other names are our own. */
const interfaces = new Set(
  `AbortController AbortSignal Crypto Document EventTarget Headers Performance ReadableStream
  ReadableStreamDefaultReader Response Storage TextDecoder URL WebSocket`.split(/\s+/),
)

/** Members of our own that are named like a newer member of the platform. */
const own = new Set(['.bytes', '.defer', '.drop', '.error', '.input', '.move', '.n', '.write'])

requireBuild()
const { code } = await bundlePage(pages.everything)
if ((await bundlePage(pages.everything, browsers)).code !== code)
  fail(`a page's bundle has syntax that ${browsers.join(', ')} do not know`)

const { features } = await importChecker('web-features')
for (const name of newNames(Object.values(features)))
  if (!own.has(name) && used(name)) fail(`a page's bundle has ${name}, which is not in Baseline 2022`)

/** Returns names such as `toSorted`, `URL.canParse` and `WeakRef` that no feature of the baseline has. */
function newNames(all) {
  const [old, young] = [new Set(), new Set()]
  for (const { status, compat_features: keys = [] } of all)
    for (const key of keys) {
      const since = (status?.by_compat_key?.[key] ?? status)?.baseline_low_date
      const name = nameOf(key)
      if (name !== null) (since !== undefined && since.replace(/^\D/, '') <= end ? old : young).add(name)
    }
  return [...young].filter((name) => !old.has(name))
}

/** Returns the name that code uses for a feature, such as `javascript.builtins.Array.toSorted`. */
function nameOf(key) {
  const [kind, ...path] = key.replace(/^javascript\.builtins\./, 'builtins.').split('.')
  const [owner, member] = path
  if (kind !== 'builtins' && (kind !== 'api' || (member !== undefined && !interfaces.has(owner)))) return null
  if (path.length > 2 || owner === member) return null
  if (member === undefined) return owner
  return member.endsWith('_static') ? `${owner}.${member.slice(0, -'_static'.length)}` : `.${member}`
}

function used(name) {
  const text = name.replace(/[.$]/g, '\\$&')
  return new RegExp(name.startsWith('.') ? `${text}\\b` : `(?<![\\w$.#])${text}\\b`).test(code)
}

function fail(text) {
  console.error(text)
  process.exitCode = 1
}
