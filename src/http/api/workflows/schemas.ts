import { Type } from 'typebox'
import { OBSTACLES } from '../../../domain/runs/obstacle.ts'
import { KINDS } from '../../../domain/shared/kind.ts'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { WORKFLOW_FIELDS } from '../../../domain/workflows/workflow.ts'
import { WORKFLOW_SORTS } from '../../../store/workflows/workflows.ts'
import { Actor, base, cursor, limit, ModuleFiles, pageOf } from '../common/schemas.ts'
import { sentFields, shownFields } from './field-schemas.ts'

const { name: _name, enabled: _enabled, archived: _archived, ...optionalFields } = sentFields

export const WorkflowCreate = strict({
  name: WORKFLOW_FIELDS.name.schema,
  kind: Type.Enum([...KINDS]),
  ...optionalFields,
})
const CancelWaiting = Type.Optional(
  Type.Boolean({
    default: false,
    description: 'true: cancels waiting runs. Otherwise 409 waiting_runs if there are some',
  }),
)

export const WorkflowPatch = strict({
  ...sentFields,
  base_updated_at: Type.Optional(
    text(40, 'updated_at as the caller knows it; 409 when the workflow was changed since'),
  ),
  force: Type.Optional(
    Type.Boolean({ default: false, description: 'true: begins a canary although deploy_gate refuses' }),
  ),
  cancel_waiting: CancelWaiting,
})
export const WorkflowDeletion = strict({ cancel_waiting: CancelWaiting })
export const WorkflowQuery = strict({
  limit: limit(200, 50),
  cursor,
  kind: Type.Optional(Type.Enum([...KINDS])),
  q: Type.Optional(text(200, 'Words of the name in any order, or an id')),
  similar: Type.Optional(
    Type.Boolean({ description: 'true: if `q` finds nothing, finds names that differ by typing errors' }),
  ),
  tag: Type.Optional(text(50, 'Only workflows with this tag')),
  sort: Type.Optional(
    Type.Enum([...WORKFLOW_SORTS], {
      description: 'Newest first, last changed first, or by name; `created` when left out',
    }),
  ),
  archived: Type.Optional(Type.Boolean({ description: 'true lists archived workflows. The default lists the others' })),
})
export const WorkflowDuplicate = strict({ name: WORKFLOW_FIELDS.name.schema })

export const Workflow = Type.Object({
  id: Type.String(),
  kind: Type.Enum([...KINDS]),
  ...shownFields,
  hook_url: nullable(Type.String()),
  deployed_version: nullable(Type.Integer()),
  next_tick_at: Type.Optional(nullable(time())),
  contacts: Type.Optional(
    Type.Array(Type.String(), { description: 'Names of its editors, or of the owners if it has no own editors' }),
  ),
  waiting_runs: Type.Optional(Type.Integer({ description: 'Runs with the status waiting. Lists omit it' })),
  created_at: time(),
  updated_at: time(),
})

export const TagPage = pageOf(
  Type.Object({
    name: Type.String(),
    workflows: Type.Integer({ minimum: 1, description: 'How many workflows have the tag' }),
  }),
)

export const WorkflowPage = Type.Object({
  ...pageOf(Workflow).properties,
  total: Type.Optional(Type.Integer({ minimum: 0, description: 'How many match. On the first page only' })),
})

const base_version = base('Number of the newest version that the caller knows; 409 when there is a newer one')
const base_deployed = base('Number of the version that was deployed when the caller looked; 409 when it is another')

const force = Type.Optional(Type.Boolean({ default: false, description: 'true: deploys although deploy_gate refuses' }))

export const VersionCreate = strict({
  source: Type.String(),
  files: Type.Optional(ModuleFiles),
  message: Type.Optional(text(1000)),
  upgrade_packages: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'true resolves the packages again, even if the source did not change',
    }),
  ),
  deploy: Type.Optional(Type.Boolean({ default: true })),
  force,
  base_version,
  base_deployed,
})
export const LockedPackage = Type.Object({
  name: Type.String(),
  version: Type.String(),
  direct: Type.Boolean({ description: 'Whether the source names it itself' }),
})
export const EnvironmentStatus = Type.Enum(['building', 'ready', 'failed', 'absent'])
const EnvironmentState = Type.Object({
  id: Type.String(),
  status: EnvironmentStatus,
  detail: nullable(Type.String()),
  size_bytes: nullable(Type.Integer()),
  built_at: nullable(time()),
})
export const VersionDeploy = strict({ base_deployed, force })
export const Version = Type.Object({
  id: Type.String(),
  number: Type.Integer(),
  source: Type.String(),
  files: Type.Optional(ModuleFiles),
  message: Type.String(),
  created_at: time(),
  created_by: nullable(Actor),
  deployed: Type.Boolean(),
  deployed_at: nullable(Type.String({ format: 'date-time', description: 'When it was last deployed; null: never' })),
  runtime: Type.String({ description: 'The Python that it runs on' }),
  packages: Type.Array(LockedPackage, { description: 'Exact packages of its declaration; empty without one' }),
  requires_python: nullable(Type.String()),
  durable: Type.Boolean({
    description: 'Its code imports `workflows`: runs store their steps, and go on after a crash',
  }),
  environment: nullable(EnvironmentState),
  notes: Type.Array(Type.String(), { description: 'Such as that an older version of a package was taken' }),
  fork_obstacle: Type.Optional(
    nullable(
      Type.Enum([...OBSTACLES], {
        description:
          'What the module makes while it loads, so that its runs are not forks of a loaded process. null: they are, or this server has not loaded it',
      }),
    ),
  ),
  lock: Type.Optional(nullable(Type.String({ description: 'Exact versions with hashes, as a requirements file' }))),
})
