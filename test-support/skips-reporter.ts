import type { Reporter, TestModule } from 'vitest/node'

/**
 * Lists skipped tests at the end of a run: the default reporter only counts them, and the reason is in the
 * title.
 */
export class SkipsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = new Map<string, Set<string>>()
    for (const module of modules)
      for (const test of module.children.allTests('skipped')) {
        const where = skipped.get(test.fullName) ?? new Set()
        skipped.set(test.fullName, where.add(module.project.name))
      }
    if (skipped.size === 0) return
    console.log('\nskipped:')
    for (const [title, projects] of skipped) console.log(`  ${title} (${[...projects].join(', ')})`)
  }
}
