import { Type } from 'typebox'
import { nullable, time } from '../../../domain/shared/schemas.ts'

const count = Type.Integer({ minimum: 0 })
const known = { description: 'null: of an older release, or not said yet' }

export const Server = Type.Object({
  id: Type.String(),
  started_at: time(),
  lease_until: Type.String({ format: 'date-time', description: "By the database's clock" }),
  alive: Type.Boolean({ description: 'Its lease holds. One that ended in order is not listed' }),
  this: Type.Boolean({ description: 'The server that answers' }),
  version: nullable(Type.String(known)),
  commit: nullable(Type.String({ description: 'Its first digits; null: not known' })),
  host: nullable(Type.String()),
  sandbox: nullable(Type.String({ description: 'What walls functions off: bwrap, landlock or none' })),
  running: nullable(count),
  waiting: nullable(count),
  workers: nullable(count),
})

export const Operation = Type.Object({
  servers: Type.Array(Server, { description: 'The newest first, at most 200' }),
  queue: Type.Object({
    runs: Type.Integer({ minimum: 0, description: 'Queued runs whose time has come; at most 10,000 are counted' }),
    oldest_seconds: Type.Number({ minimum: 0 }),
  }),
  held_runs: Type.Integer({
    minimum: 0,
    description: 'Waiting runs that are held since a backup was restored; at most 1,000 are counted',
  }),
  database: Type.Object({
    engine: Type.Enum(['sqlite', 'postgres']),
    bytes: Type.Integer({ minimum: 0 }),
    migration: Type.Integer({ minimum: 0, description: 'Version of the tables' }),
    connections: nullable(
      Type.Object(
        { busy: count, idle: count, waiting: count, limit: count },
        { description: 'Of this server; null on SQLite' },
      ),
    ),
  }),
  disk: Type.Object(
    { free_bytes: Type.Number({ minimum: 0 }), total_bytes: Type.Number({ minimum: 0 }) },
    { description: 'With the data directory of this server' },
  ),
  packages: Type.Object(
    { cache_bytes: nullable(Type.Number({ minimum: 0 })), cache_limit_bytes: Type.Number({ minimum: 0 }) },
    {
      description:
        'What this server keeps of packages that no environment uses, and the bound of it. cache_bytes null: not measured yet',
    },
  ),
  retention: Type.Object({
    days: count,
    workflow_bytes: Type.Number({ minimum: 0 }),
    total_bytes: Type.Number({ minimum: 0 }),
    deleted_runs: Type.Integer({ minimum: 0, description: 'Counted by this server since its start' }),
  }),
  backups: nullable(
    Type.Object(
      {
        cron: nullable(Type.String({ description: 'null: there are no scheduled ones' })),
        bucket: nullable(Type.String({ description: 'null: they are in a directory' })),
        problem: nullable(
          Type.String({ description: 'Why the bucket or the directory could not be listed: then nothing is counted' }),
        ),
        last_failure: nullable(
          Type.Object(
            { at: time(), detail: Type.String() },
            {
              description: 'When and why the last attempt since the start of this server failed; null: it did not fail',
            },
          ),
        ),
        keep: count,
        kept: count,
        bytes: Type.Number({ minimum: 0 }),
        newest_at: nullable(time()),
      },
      { description: 'null with PostgreSQL, which its operator backs up' },
    ),
  ),
})
