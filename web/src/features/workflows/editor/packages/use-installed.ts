import { type Environment, useEnvironments } from '../../../../lib/requests/environments.ts'
import { useVersion } from '../../../../lib/requests/get-version.ts'
import { type Declared, packageName, readDeclared } from './declared.ts'

export type Installed = {
  /** `changed`: packages differ from the newest version. */
  readonly state: 'changed' | 'building' | 'ready' | 'failed' | 'absent'
  readonly detail: string | null
  readonly environmentId: string | null
  readonly build: string
  readonly runtime: string | null
  readonly sizeBytes: number | null
  readonly packages: readonly { readonly name: string; readonly version: string }[]
  readonly notes: readonly string[]
}

const NOTHING: Installed = {
  state: 'changed',
  detail: null,
  environmentId: null,
  build: '',
  runtime: null,
  sizeBytes: null,
  packages: [],
  notes: [],
}

export function useInstalled(workflowId: string, number: number, declared: Declared, saving: boolean): Installed {
  const version = useVersion(workflowId, number === 0 ? null : number).data
  const environments = useEnvironments({ enabled: saving, follow: saving }).data ?? []
  const environment = version?.environment ?? null
  const coming = saving ? findComing(environments, declared) : undefined
  if (saving) return coming === undefined ? { ...NOTHING, state: 'building' } : fromBuild(coming)
  if (version === undefined || environment === null) return NOTHING
  const { id, status, detail, size_bytes: sizeBytes, built_at: builtAt } = environment
  const saved = { source: version.source, files: version.files ?? {} }
  const isSame = JSON.stringify(readDeclared(saved, declared.language)) === JSON.stringify(declared)
  return {
    state: isSame ? status : 'changed',
    detail: isSame ? detail : null,
    environmentId: id,
    build: `${status} ${builtAt}`,
    runtime: version.runtime,
    sizeBytes,
    packages: version.packages,
    notes: version.notes,
  }
}

/** A deployment responds only after its build. */
function findComing(environments: readonly Environment[], declared: Declared): Environment | undefined {
  const nameOf = (text: string) => packageName(text, declared.language)
  const names = declared.requirements.map(nameOf)
  return environments.find(({ status, packages }) => {
    const all = new Set(packages.map(({ name }) => nameOf(name)))
    return status === 'building' && names.every((name) => all.has(name))
  })
}

function fromBuild({ id, runtime, packages }: Environment): Installed {
  return { ...NOTHING, state: 'building', environmentId: id, build: 'building', runtime, packages }
}
