import type { ValuesOf } from './option.ts'
import { parseCron, parseFolder, parseSwitch, whole } from './parse.ts'

export type BucketConfig = {
  /** Null: Amazon's endpoint of the region. */
  readonly endpoint: string | null
  readonly region: string
  readonly bucket: string
  readonly prefix: string
  readonly pathStyle: boolean
  readonly accessKey: string
  readonly secretKey: string
}

export const BACKUP_OPTIONS = {
  cron: {
    variable: 'WORKFLOWS_BACKUP_CRON',
    default: null,
    parse: parseCron,
    doc: 'When the SQLite database is backed up (five or six fields, UTC), encrypted under the secret key. Not with `DATABASE_URL` ([backups](../operate/backups.md)).',
  },
  dir: {
    variable: 'WORKFLOWS_BACKUP_DIR',
    default: null,
    shownDefault: '`backups` in the data directory',
    parse: parseFolder,
    doc: 'The directory of scheduled backups.',
  },
  keep: {
    variable: 'WORKFLOWS_BACKUP_KEEP',
    default: '7',
    parse: whole(1, 10_000),
    doc: 'How many scheduled backups are kept.',
  },
} as const

export const BUCKET_OPTIONS = {
  endpoint: {
    variable: 'WORKFLOWS_BACKUP_S3_ENDPOINT',
    default: null,
    shownDefault: "Amazon's endpoint of the region",
    parse: parseEndpoint,
    doc: 'The URL of the S3 service.',
  },
  region: {
    variable: 'WORKFLOWS_BACKUP_S3_REGION',
    default: 'us-east-1',
    parse: parseRegion,
    doc: 'The region of the bucket.',
  },
  bucket: {
    variable: 'WORKFLOWS_BACKUP_S3_BUCKET',
    default: null,
    parse: parseBucketName,
    doc: 'An [S3-compatible bucket](../operate/backups.md) that keeps scheduled backups instead of the directory.',
  },
  prefix: {
    variable: 'WORKFLOWS_BACKUP_S3_PREFIX',
    default: null,
    parse: parsePrefix,
    doc: 'The folder in the bucket. Use one for each installation: the newest backups of a prefix are kept.',
  },
  pathStyle: {
    variable: 'WORKFLOWS_BACKUP_S3_PATH_STYLE',
    default: null,
    shownDefault: '`on` with an endpoint, else `off`',
    parse: parseSwitch,
    doc: '`on`: the bucket is in the path of the URL · `off`: it is in the host name.',
  },
  accessKey: {
    variable: 'WORKFLOWS_BACKUP_S3_ACCESS_KEY',
    default: null,
    parse: parseBucketKey,
    secret: true,
    doc: 'The access key of the bucket.',
  },
  secretKey: {
    variable: 'WORKFLOWS_BACKUP_S3_SECRET_KEY',
    default: null,
    parse: parseBucketKey,
    secret: true,
    doc: 'The secret key of the bucket.',
  },
} as const

export function joinBucket(values: ValuesOf<typeof BUCKET_OPTIONS>, dir: string | null): BucketConfig | null {
  const { bucket, endpoint, accessKey, secretKey, region } = values
  if (bucket === null) {
    const isAlone = endpoint !== null || accessKey !== null || secretKey !== null || values.prefix !== null
    if (isAlone) throw new Error('expected the name of a bucket, because other WORKFLOWS_BACKUP_S3_ options are set')
    return null
  }
  if (accessKey === null || secretKey === null) {
    throw new Error('expected WORKFLOWS_BACKUP_S3_ACCESS_KEY and WORKFLOWS_BACKUP_S3_SECRET_KEY beside it')
  }
  if (dir !== null) throw new Error('expected it or WORKFLOWS_BACKUP_DIR, found both')
  // Most other servers use one host name for all buckets.
  const pathStyle = values.pathStyle ?? endpoint !== null
  return { endpoint, region, bucket, prefix: values.prefix ?? '', pathStyle, accessKey, secretKey }
}

/** The endpoint may contain a password by mistake. */
function parseEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isFine = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  if (isFine && url.search === '' && url.hash === '') return text.replace(/(?<!\/)\/+$/, '')
  throw new Error('expected a URL such as https://s3.example.com, without a user in it (the value is not shown)')
}

/** Names must be valid in host names. */
function parseBucketName(text: string): string {
  if (/^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/.test(text)) return text
  throw new Error(`expected 3 to 63 of a-z, 0-9, "." and "-", such as my-backups, found ${JSON.stringify(text)}`)
}

function parsePrefix(text: string): string {
  const bare = text.replace(/\/$/, '')
  const isFine = bare.length <= 500 && bare.split('/').every((part) => /^[\w.-]+$/.test(part) && !/^\.\.?$/.test(part))
  if (!isFine)
    throw new Error(`expected names of A-Z, a-z, 0-9, ".", "_" and "-" between slashes, found ${JSON.stringify(text)}`)
  return `${bare}/`
}

function parseRegion(text: string): string {
  if (/^[a-z\d-]{1,63}$/.test(text)) return text
  throw new Error(`expected a region such as eu-west-3, found ${JSON.stringify(text)}`)
}

function parseBucketKey(text: string): string {
  if (/^[\x21-\x7e]{1,1000}$/.test(text)) return text
  throw new Error('expected 1 to 1,000 printable ASCII characters without spaces (the value is not shown)')
}
