/** Options of backups to an S3-compatible bucket. */

export type BucketConfig = {
  /** URL without a trailing slash. Null selects Amazon's endpoint of the region. */
  readonly endpoint: string | null
  readonly region: string
  readonly bucket: string
  readonly prefix: string
  readonly pathStyle: boolean
  readonly accessKey: string
  readonly secretKey: string
}

type Parts = {
  readonly backupDir: string | null
  readonly bucketEndpoint: string | null
  readonly bucketRegion: string
  readonly bucketName: string | null
  readonly bucketPrefix: string
  readonly bucketPathStyle: boolean | null
  readonly bucketAccessKey: string | null
  readonly bucketSecretKey: string | null
}

/** Returns null if no bucket is configured. Throws if an option is missing. */
export function joinBucket(parts: Parts): BucketConfig | null {
  const { bucketEndpoint: endpoint, bucketName: bucket, bucketPathStyle: pathStyle } = parts
  const { bucketAccessKey: accessKey, bucketSecretKey: secretKey } = parts
  if (bucket === null) {
    const isAlone = endpoint !== null || accessKey !== null || secretKey !== null || parts.bucketPrefix !== ''
    if (isAlone) throw new Error('expected the name of a bucket, because other WORKFLOWS_BACKUP_S3_ options are set')
    return null
  }
  if (accessKey === null || secretKey === null) {
    throw new Error('expected WORKFLOWS_BACKUP_S3_ACCESS_KEY and WORKFLOWS_BACKUP_S3_SECRET_KEY beside it')
  }
  if (parts.backupDir !== null) throw new Error('expected it or WORKFLOWS_BACKUP_DIR, found both')
  const { bucketRegion: region, bucketPrefix: prefix } = parts
  // Most servers other than Amazon's use one host name for all buckets.
  return { endpoint, region, bucket, prefix, pathStyle: pathStyle ?? endpoint !== null, accessKey, secretKey }
}

/** The error omits the value, which may contain a password by mistake. */
export function parseEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isFine = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  if (isFine && url.search === '' && url.hash === '') return text.replace(/(?<!\/)\/+$/, '')
  throw new Error('expected a URL such as https://s3.example.com, without a user in it (the value is not shown)')
}

/** Accepts names that are also valid in host names. */
export function parseBucketName(text: string): string {
  if (/^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/.test(text)) return text
  throw new Error(`expected 3 to 63 of a-z, 0-9, "." and "-", such as my-backups, found ${JSON.stringify(text)}`)
}

export function parsePrefix(text: string): string {
  const bare = text.replace(/\/$/, '')
  const isFine = bare.length <= 500 && bare.split('/').every((part) => /^[\w.-]+$/.test(part) && !/^\.\.?$/.test(part))
  if (!isFine)
    throw new Error(`expected names of A-Z, a-z, 0-9, ".", "_" and "-" between slashes, found ${JSON.stringify(text)}`)
  return `${bare}/`
}

export function parseRegion(text: string): string {
  if (/^[a-z\d-]{1,63}$/.test(text)) return text
  throw new Error(`expected a region such as eu-west-3, found ${JSON.stringify(text)}`)
}

/** The error omits the value. */
export function parseBucketKey(text: string): string {
  if (/^[\x21-\x7e]{1,1000}$/.test(text)) return text
  throw new Error('expected 1 to 1,000 printable ASCII characters without spaces (the value is not shown)')
}
