/** One part at a time limits memory. */

import { createWriteStream, statSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { BucketConfig } from '../../../config.ts'
import { StartError } from '../../../errors.ts'
import { sealed } from '../sealed-file.ts'
import { type AskBucket, createAskBucket } from './bucket-client.ts'
import { BACKUP_NAME, type BackupPlace, type KeptBackup, newestFirst } from './kept.ts'

/** S3 allows 10,000 parts of at least 5 MiB. Backups above 70 GiB use larger parts. */
const PART_BYTES = 8 * 1024 ** 2
const MAX_PARTS = 9000
const READS = 5
const ABORT_MS = 10_000

type Upload = { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined }

/** S3 shows an upload only when all its parts are complete. */
export function openBucket(config: BucketConfig): BackupPlace {
  const { bucket: Bucket, prefix } = config
  const ask = createAskBucket(config)
  const keyOf = (name: string) => ({ Bucket, Key: `${prefix}${name}` })
  return {
    isRemote: true,
    addressOf: (name) => `s3://${Bucket}/${prefix}${name}`,
    async put(name, { plain, secretKey }, abortSignal) {
      const signal = { abortSignal }
      const { UploadId } = await ask((s3, { CreateMultipartUploadCommand }) =>
        s3.send(new CreateMultipartUploadCommand(keyOf(name)), signal),
      )
      const upload = { ...keyOf(name), UploadId }
      try {
        const partBytes = Math.max(PART_BYTES, Math.ceil(statSync(plain).size / MAX_PARTS))
        await sendParts(ask, upload, { parts: inParts(sealed(plain, secretKey), partBytes), ...signal })
      } catch (error) {
        await abort(ask, upload, AbortSignal.timeout(ABORT_MS)).catch(() => {})
        throw error
      }
    },
    list: (signal) => listAll(ask, config, signal),
    async remove(name, abortSignal) {
      await ask((s3, { DeleteObjectCommand }) => s3.send(new DeleteObjectCommand(keyOf(name)), { abortSignal }))
    },
    async removeLeftovers(abortSignal) {
      const { Uploads = [] } = await ask((s3, { ListMultipartUploadsCommand }) =>
        s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: `${prefix}workflows-` }), { abortSignal }),
      )
      const left = Uploads.filter(
        ({ Key = '' }) => Key.startsWith(prefix) && BACKUP_NAME.test(Key.slice(prefix.length)),
      )
      for (const { Key = '', UploadId } of left) await abort(ask, { Bucket, Key, UploadId }, abortSignal)
      return left.map(({ Key }) => `the unfinished upload of s3://${Bucket}/${Key}`)
    },
  }
}

type Sending = { readonly parts: AsyncIterable<Buffer>; readonly abortSignal: AbortSignal }

async function sendParts(ask: AskBucket, upload: Upload, { parts, abortSignal }: Sending): Promise<void> {
  const { Bucket, Key } = upload
  const sent: { PartNumber: number; ETag: string | undefined }[] = []
  let bytes = 0
  for await (const Body of parts) {
    const PartNumber = sent.length + 1
    const { ETag } = await ask((s3, { UploadPartCommand }) =>
      s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }), { abortSignal }),
    )
    sent.push({ PartNumber, ETag })
    bytes += Body.length
  }
  await ask((s3, { CompleteMultipartUploadCommand }) =>
    s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: sent } }), { abortSignal }),
  )
  const { ContentLength } = await ask((s3, { HeadObjectCommand }) =>
    s3.send(new HeadObjectCommand({ Bucket, Key }), { abortSignal }),
  )
  if (ContentLength === bytes) return
  await ask((s3, { DeleteObjectCommand }) => s3.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal }))
  throw new StartError(`The bucket ${Bucket} has ${ContentLength} bytes of ${Key}, and ${bytes} were sent.`)
}

const abort = (ask: AskBucket, upload: Upload, abortSignal: AbortSignal) =>
  ask((s3, { AbortMultipartUploadCommand }) => s3.send(new AbortMultipartUploadCommand(upload), { abortSignal }))

async function* inParts(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    held.push(chunk)
    bytes += chunk.length
    if (bytes < size) continue
    const all = Buffer.concat(held)
    yield all.subarray(0, size)
    held = [all.subarray(size)]
    bytes -= size
  }
  if (bytes > 0) yield Buffer.concat(held)
}

async function listAll(ask: AskBucket, { bucket, prefix }: BucketConfig, abortSignal: AbortSignal) {
  const found: KeptBackup[] = []
  let ContinuationToken: string | undefined
  do {
    const asked = { Bucket: bucket, Prefix: `${prefix}workflows-`, ContinuationToken }
    const page = await ask((s3, { ListObjectsV2Command }) => s3.send(new ListObjectsV2Command(asked), { abortSignal }))
    for (const { Key = '', LastModified, Size = 0 } of page.Contents ?? []) {
      const name = Key.slice(prefix.length)
      if (BACKUP_NAME.test(name)) found.push({ name, at: LastModified?.getTime() ?? 0, bytes: Size })
    }
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
  return newestFirst(found)
}

/** `to` is a new file. Throws a StartError. */
export async function downloadBackup(config: BucketConfig | null, url: string, to: string): Promise<void> {
  const [, bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url) ?? []
  if (config === null || bucket !== config.bucket) {
    throw new StartError(`Expected WORKFLOWS_BACKUP_S3_BUCKET to name the bucket of ${url}, with its keys beside it.`)
  }
  const ask = createAskBucket(config)
  writeFileSync(to, '', { flag: 'wx', mode: 0o600 })
  const found: { total: number | null; IfMatch: string | undefined } = { total: null, IfMatch: undefined }
  for (let read = 1; read <= READS; read += 1) {
    // IfMatch fails if the object was replaced.
    const rest = found.total === null ? {} : { Range: `bytes=${statSync(to).size}-`, IfMatch: found.IfMatch }
    try {
      await ask(async (s3, { GetObjectCommand }) => {
        const { Body, ContentLength, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key, ...rest }))
        if (found.total === null) Object.assign(found, { total: ContentLength ?? 0, IfMatch: ETag })
        if (Body instanceof Readable) await pipeline(Body, createWriteStream(to, { flags: 'a', mode: 0o600 }))
      })
    } catch (error) {
      if (found.total === null || read === READS) throw error
    }
    if (found.total === statSync(to).size) return
  }
  throw new StartError(`${url} did not arrive as a whole: try it again.`)
}
