/** Loaded only if a bucket is configured. */

import type { BucketConfig } from '../../../config.ts'
import { StartError } from '../../../errors.ts'
import { importInTurns } from '../../../imports/import-in-turns.ts'

type Sdk = typeof import('@aws-sdk/client-s3')
type S3 = InstanceType<Sdk['S3Client']>
/** Throws StartErrors without keys. */
export type AskBucket = <T>(action: (client: S3, sdk: Sdk) => Promise<T>) => Promise<T>

const ATTEMPTS = 5
const CONNECT_MS = 10_000
const ANSWER_MS = 60_000

const ADVICE: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: 'check WORKFLOWS_BACKUP_S3_SECRET_KEY, and WORKFLOWS_BACKUP_S3_REGION',
  InvalidAccessKeyId: 'check WORKFLOWS_BACKUP_S3_ACCESS_KEY',
  AccessDenied: 'the key may not do this there: it has to list, read, write and delete',
  NoSuchBucket: 'there is no such bucket: check WORKFLOWS_BACKUP_S3_BUCKET and WORKFLOWS_BACKUP_S3_PATH_STYLE',
  NoSuchKey: 'there is no such backup: npm run backup -- --list shows those that there are',
  AuthorizationHeaderMalformed: 'check WORKFLOWS_BACKUP_S3_REGION',
  PermanentRedirect: 'check WORKFLOWS_BACKUP_S3_REGION and WORKFLOWS_BACKUP_S3_ENDPOINT',
  RequestTimeTooSkewed: 'check the clock of this machine',
}

export function createAskBucket(config: BucketConfig): AskBucket {
  let opened: Promise<{ readonly sdk: Sdk; readonly client: S3 }> | null = null
  return async (action) => {
    opened ??= connect(config)
    const { sdk, client } = await opened
    try {
      return await action(client, sdk)
    } catch (error) {
      throw explain(error, config)
    }
  }
}

async function connect({ endpoint, region, pathStyle, accessKey, secretKey }: BucketConfig) {
  await importInTurns(import.meta.resolve('@aws-sdk/client-s3'))
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client({
    ...(endpoint === null ? {} : { endpoint }),
    // Variables of other programs must not redirect backups.
    ignoreConfiguredEndpointUrls: true,
    region,
    forcePathStyle: pathStyle,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    maxAttempts: ATTEMPTS,
    // Not all servers support Amazon's checksums. Each part is signed with its SHA-256 anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
  })
  return { sdk, client }
}

/** The client's error contains the signed request. */
function explain(error: unknown, { bucket, endpoint }: BucketConfig): StartError {
  if (error instanceof StartError) return error
  const { name, code, status } = factsOf(error)
  const where = `The bucket ${bucket}${endpoint === null ? '' : ` at ${endpoint}`}`
  if (status === null) return new StartError(`${where} did not answer (${code ?? name}): check that it can be reached.`)
  const advice = ADVICE[name] ?? 'the documentation of S3 says what that means'
  return new StartError(`${where} refused (${name}, status ${status}): ${advice}.`)
}

function factsOf(error: unknown): { name: string; code: string | null; status: number | null } {
  const of = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  const status = of(of(error, '$metadata'), 'httpStatusCode')
  return {
    name: wordOf(of(error, 'name')) ?? 'error',
    code: wordOf(of(error, 'code')),
    status: typeof status === 'number' ? status : null,
  }
}

/** Repeats a server's text only if it is one plain word. */
const wordOf = (value: unknown): string | null => (typeof value === 'string' && /^\w{1,60}$/.test(value) ? value : null)
