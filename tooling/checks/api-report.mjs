// Compares the public API of each entry of each package with docs/api-report, so that every change of it is
// visible. `npm run api -- --update` rewrites the reports. Reads dist: build first.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { importChecker } from '../installed.mjs'
import { entries, packages, requireBuild, root } from '../repository.mjs'

const update = process.argv.includes('--update')
const reports = join(root, 'docs', 'api-report')

requireBuild()
const { Extractor, ExtractorConfig } = (await importChecker('@microsoft/api-extractor')).default
mkdirSync(reports, { recursive: true })
const bad = packages().flatMap((pack) => entries(pack).map((entry) => report(pack, entry)))
process.exit(bad.some(Boolean) ? 1 : 0)

/** Compares the report of an entry. Returns `true` when it differs or has errors. */
function report(pack, { subpath, types }) {
  const file = `${[pack.name, ...subpath.split('/')].filter(Boolean).join('-')}.api.md`
  const isNew = !existsSync(join(reports, file))
  const result = Extractor.invoke(configuration(pack, types, file), {
    localBuild: update || isNew,
    messageCallback: quiet,
  })
  const failed = result.errorCount > 0
  const changed = (result.apiReportChanged || isNew) && !update
  console.log(`${failed || changed ? 'not ok' : 'ok'} api ${file}${verdict(failed, changed, result)}`)
  return failed || changed
}

function verdict(failed, changed, result) {
  if (failed) return `: ${result.errorCount} errors`
  if (changed)
    return ': the public API changed; review the change, run npm run api -- --update, and commit the report'
  return result.apiReportChanged ? ': updated' : ''
}

function configuration({ folder }, types, file) {
  return ExtractorConfig.prepare({
    configObject: {
      ...ExtractorConfig.loadFile(join(root, 'api-extractor.base.json')),
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, types),
      apiReport: {
        enabled: true,
        reportFolder: reports,
        reportTempFolder: join(root, 'temp'),
        reportFileName: file,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  })
}

/** Hides all messages except errors and warnings. `report` prints the line about a changed report. */
function quiet(message) {
  const noise = ['console-api-report-copied', 'console-api-report-not-copied', 'console-api-report-created']
  if (noise.includes(message.messageId) || !['error', 'warning'].includes(message.logLevel)) {
    message.handled = true
  }
}
