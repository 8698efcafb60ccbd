/** `npm run advisories` looks for published vulnerabilities of all packages. Exit codes: 0 no vulnerability, 1 some, 2 a service did not answer. */

import { join } from 'node:path'
import { askNpm, readPythonPackages } from './supply/packages.ts'

const root = join(import.meta.dirname, '..')
const OSV = 'https://api.osv.dev/v1/querybatch'

/** Null if the registry did not answer. */
function askForNpm(): readonly string[] | null {
  const report = askNpm(root, ['audit', '--json', '--audit-level=none'])
  if (report === null || !('vulnerabilities' in report)) return null
  return Object.entries(report.vulnerabilities ?? {}).map(([name, facts]) => `npm ${name}: ${facts.severity}`)
}

async function askForPython(): Promise<readonly string[] | null> {
  const packages = readPythonPackages(root)
  const queries = packages.map(({ name, version }) => ({ package: { name, ecosystem: 'PyPI' }, version }))
  try {
    const answer = await fetch(OSV, {
      method: 'POST',
      body: JSON.stringify({ queries }),
      signal: AbortSignal.timeout(30_000),
    })
    if (!answer.ok) return null
    const { results } = (await answer.json()) as { results: { vulns?: { id: string }[] }[] }
    return packages.flatMap(({ name, version }, index) => {
      const ids = results[index]?.vulns?.map(({ id }) => id) ?? []
      return ids.length === 0 ? [] : [`Python ${name} ${version}: ${ids.join(', ')}`]
    })
  } catch {
    return null
  }
}

const answers = { 'the npm registry': askForNpm(), 'osv.dev': await askForPython() }
const known = Object.values(answers).flatMap((lines) => lines ?? [])
for (const line of known) console.log(line)
for (const [source, lines] of Object.entries(answers)) {
  if (lines === null) console.error(`Not checked: ${source} could not be asked, so nothing is known either way.`)
  else if (lines.length === 0) console.log(`${source} knows no vulnerability.`)
}
process.exitCode = known.length > 0 ? 1 : Object.values(answers).includes(null) ? 2 : 0
