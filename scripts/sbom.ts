/** `npm run sbom` prints the npm and function packages as CycloneDX JSON. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { askNpm, readPythonPackages } from './supply/packages.ts'

const root = join(import.meta.dirname, '..')
const bom = askNpm(root, ['sbom', '--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only'])
if (bom === null || !('components' in bom) || !Array.isArray(bom.components)) {
  console.error('npm printed no bill of materials. It needs npm 10 or newer.')
  process.exit(1)
}
// npm would use the name of the folder.
const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const metadata = 'metadata' in bom && typeof bom.metadata === 'object' ? bom.metadata : {}
const component = { ...(metadata !== null && 'component' in metadata ? Object(metadata.component) : {}), name, version }
const python = readPythonPackages(root).map(({ name, version, hashes, locks }) => {
  const purl = `pkg:pypi/${name}@${version}`
  return {
    'bom-ref': purl,
    type: 'library',
    name,
    version,
    purl,
    hashes: hashes.map((content) => ({ alg: 'SHA-256', content })),
    properties: locks.map((value) => ({ name: 'workflows:lock', value })),
  }
})
process.stdout.write(
  `${JSON.stringify({ ...bom, metadata: { ...metadata, component }, components: [...bom.components, ...python] }, null, 2)}\n`,
)
