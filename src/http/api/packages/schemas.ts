import { Type } from 'typebox'
import { nullable, strict, time } from '../../../domain/shared/schemas.ts'
import { eventOf, ModuleFiles } from '../common/schemas.ts'
import { LogLine } from '../runs/schemas.ts'
import { EnvironmentStatus, LockedPackage } from '../workflows/schemas.ts'

export const Environment = Type.Object({
  id: Type.String(),
  runtime: Type.String(),
  status: EnvironmentStatus,
  detail: nullable(Type.String({ description: 'Why it failed' })),
  size_bytes: nullable(Type.Integer()),
  packages: Type.Array(LockedPackage),
  used_by: Type.Array(
    Type.Object({
      workflow_id: Type.String(),
      workflow_name: Type.String(),
      version: Type.Integer(),
      deployed: Type.Boolean(),
    }),
  ),
  built_at: nullable(time()),
  last_used_at: time(),
})

export const BuildLog = Type.Object({ data: Type.Array(LogLine) })
export const BuildEvent = Type.Union([
  eventOf('line', LogLine),
  eventOf('end', Type.Object({ environment_id: Type.String() })),
])

export const SourceToResolve = strict({ source: Type.String(), files: Type.Optional(ModuleFiles) })
export const ResolvedPackages = Type.Object({
  runtime: Type.String(),
  requires_python: nullable(Type.String()),
  packages: Type.Array(LockedPackage),
  notes: Type.Array(Type.String()),
})

const Component = Type.Object({
  type: Type.String(),
  'bom-ref': Type.String(),
  name: Type.String(),
  version: Type.String(),
  purl: Type.Optional(Type.String()),
  hashes: Type.Optional(Type.Array(Type.Object({ alg: Type.String(), content: Type.String() }))),
})
export const Sbom = Type.Object(
  {
    bomFormat: Type.String(),
    specVersion: Type.String(),
    serialNumber: Type.String(),
    version: Type.Integer(),
    metadata: Type.Object({ timestamp: time(), component: Component }),
    components: Type.Array(Component),
  },
  { description: 'CycloneDX 1.6' },
)
