/**
 * `npm run release -- 1.2.0` releases the current commit: versions, changelog, tag, and the files to publish in
 * dist/release. `--dry-run` makes only the files. The same commit and version give the same bytes.
 */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeArtifacts } from './release/artifacts.ts'
import { readPlan } from './release/plan.ts'
import { openRepository } from './release/repository.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'dry-run': { type: 'boolean' }, root: { type: 'string' }, out: { type: 'string' } },
})
const root = values.root ?? join(import.meta.dirname, '..')
const out = values.out ?? join(root, 'dist/release')
try {
  const repository = openRepository(root)
  const plan = readPlan(root, positionals[0] ?? '', repository.committedAt)
  if (values['dry-run'] !== true) repository.assertReleasable(plan.tag)
  const scratch = repository.commitElsewhere(plan)
  try {
    process.stdout.write(await makeArtifacts({ root, out, plan, scratch }))
    if (values['dry-run'] === true) {
      process.stdout.write(
        `Nothing else was changed. Without --dry-run: the commit "release: ${plan.version}" and the tag ${plan.tag}.\n`,
      )
    } else {
      repository.take(scratch, plan)
      process.stdout.write(
        `${plan.tag} is tagged. Next: git push --follow-tags, then the commands of ${join(out, 'images.txt')}.\n`,
      )
    }
  } finally {
    scratch.remove()
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
