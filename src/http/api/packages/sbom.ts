/** CycloneDX. */

import { createHash } from 'node:crypto'
import { type LockedFile, readLock } from '../../../domain/packages/read-lock.ts'
import { normalizeName } from '../../../domain/packages/requirement.ts'
import type { EnvironmentLock } from '../../../domain/packages/version-packages.ts'
import type { Version } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import { findWorkflow, readVersionNumber } from '../common/api.ts'
import { timeText } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { Sbom } from './schemas.ts'

export const sbomRoutes: readonly ApiRoute[] = [
  route.get(
    '/workflows/:id/versions/:number/sbom',
    { tags: ['Versions'], summary: 'The packages of a version as a CycloneDX document', response: { 200: Sbom } },
    async ({ params }, { store }) => {
      const workflow = await findWorkflow(store, params.id)
      const number = readVersionNumber(params.number)
      const version = await store.workflows.getVersion(workflow.id, number)
      if (version === null) throw new UserError('not_found', `There is no version ${number}.`)
      const { packages } = version
      const environment = packages === null ? null : await store.workflows.getEnvironment(packages.environmentId)
      return sbomOf(workflow.name, version, environment)
    },
  ),
]

/** Null for the base packages. */
export function sbomOf(workflowName: string, version: Version, environment: EnvironmentLock | null) {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(`${version.id} ${environment?.id ?? ''}`)}`,
    version: 1,
    metadata: {
      timestamp: timeText(version.createdAt),
      component: { type: 'application', 'bom-ref': version.id, name: workflowName, version: String(version.number) },
    },
    components: readLock(environment?.lock ?? '', environment?.runtime ?? '').map(componentOf),
  }
}

function componentOf({ name, version, algorithm, hashes }: LockedFile) {
  const place = algorithm === 'SHA-256' ? `pypi/${normalizeName(name)}` : `npm/${name.replace('@', '%40')}`
  const purl = `pkg:${place}@${encodeURIComponent(version)}`
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    hashes: hashes.map((content) => ({ alg: algorithm, content })),
  }
}

/** A version's document keeps its id. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
