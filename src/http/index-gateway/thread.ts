/** Build sandboxes reach only a unix socket, without the credentials. */

import { chmodSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'
import { gunzip } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import { reasonOf } from '../../errors.ts'
import { guard } from '../../guard.ts'
import type { IndexSettings } from './index-settings.ts'
import { registryPageOf } from './npm-settings.ts'
import {
  createSigner,
  freshSeconds,
  PAGE_FRESH_SECONDS,
  PAGES,
  rewritePackument,
  rewritePage,
  urlOfPath,
  versionsOfPage,
} from './pages.ts'
import { createUpstream } from './upstream.ts'

const guarded = guard('the server of package indexes')

export type ThreadMessage = {
  readonly ready?: boolean
  readonly problem?: string
  readonly question?: number
  readonly versions?: readonly string[]
}

export type ThreadData = { readonly settings: IndexSettings; readonly key: string; readonly socketPath: string }

const MAX_PAGE_BYTES = 64 * 1024 * 1024
const MAX_FILE_BYTES = 2 * 1024 * 1024 * 1024
const ASKED = ['accept', 'if-none-match', 'if-modified-since', 'range', 'user-agent']
const TOLD = [
  'content-type',
  'content-length',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
  'cache-control',
]

const PAGE_ACCEPT = 'application/vnd.pypi.simple.v1+json, text/html;q=0.1'
const SHARED_MS = 10_000
const MAX_LISTED = 500
const unpack = promisify(gunzip)

type Page = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly url: string
  readonly text: string
}

const { settings, key, socketPath }: ThreadData = workerData
const shared = new Map<string, Promise<Page>>()
const listed = new LRUCache<string, { readonly versions: readonly string[]; readonly until: number }>({
  max: MAX_LISTED,
})
const upstream = createUpstream(settings)
const signer = createSigner(Buffer.from(key, 'base64'))

const server = createServer(
  guarded((request: IncomingMessage, response: ServerResponse) =>
    handle(request, response).catch((error: unknown) => {
      parentPort?.postMessage({ problem: describe(request.url ?? '', error) })
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end()
    }),
  ),
)
server.listen(
  socketPath,
  guarded(() => {
    // The sandbox user must be able to connect.
    chmodSync(socketPath, 0o666)
    parentPort?.postMessage({ ready: true })
  }),
)

parentPort?.on(
  'message',
  guarded(({ question, name }: { question: number; name: string }) =>
    listVersions(name).then(
      (versions) => parentPort?.postMessage({ question, versions }),
      () => parentPort?.postMessage({ question, versions: [] }),
    ),
  ),
)

async function listVersions(name: string): Promise<readonly string[]> {
  const known = listed.get(name)
  if (known !== undefined && known.until > performance.now()) return known.versions
  for (let number = 0; number < settings.indexes.length; number += 1) {
    const { status, text, headers } = await sharePage(pageOf(`${PAGES.index}/${number}/${name}/`) ?? '')
    if (status !== 200) continue
    const versions = versionsOfPage(text, name)
    listed.set(name, { versions, until: performance.now() + freshSeconds(headers['cache-control']) * 1000 })
    return versions
  }
  return []
}

function sharePage(url: string): Promise<Page> {
  const known = shared.get(url)
  if (known !== undefined) return known
  const page = askPage(url, { accept: PAGE_ACCEPT })
  shared.set(url, page)
  page.catch(() => shared.delete(url))
  guarded.setTimeout(() => shared.delete(url), SHARED_MS).unref()
  return page
}

async function askPage(asked: string, headers: Readonly<Record<string, string>>): Promise<Page> {
  const { answer, url } = await upstream.get(asked, { ...headers, 'accept-encoding': 'gzip' })
  const bytes = await readAll(answer)
  const isPacked = answer.headers['content-encoding'] === 'gzip' && bytes.length > 0
  const text = isPacked ? await unpack(bytes, { maxOutputLength: MAX_PAGE_BYTES }) : bytes
  return { status: answer.statusCode ?? 502, headers: answer.headers, url, text: text.toString('utf8') }
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '/'
  const packument = registryPageOf(path, settings.npm)
  const page = packument ?? pageOf(path)
  const url = page ?? urlOfPath(path, signer)
  if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end()
  if (url === null) return void response.writeHead(404).end()
  const headers = Object.fromEntries(
    ASKED.flatMap((name) => {
      const value = request.headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
  const rewrite = packument === null ? rewritePage : rewritePackument
  if (page !== null) await answerPage(page, request, response, { headers, rewrite })
  else await answerFile(url, request, response, headers)
}

async function answerPage(
  asked: string,
  { method, headers: { 'if-none-match': tag, 'if-modified-since': since } }: IncomingMessage,
  response: ServerResponse,
  { headers, rewrite }: { headers: Readonly<Record<string, string>>; rewrite: typeof rewritePage },
): Promise<void> {
  const known = tag === undefined && since === undefined ? shared.get(asked) : undefined
  const { status, headers: told, url, text } = await (known ?? askPage(asked, headers))
  warnOf(asked, status)
  const isJson = /\bjson\b/.test(told['content-type'] ?? '')
  const body = Buffer.from(status === 200 ? rewrite(text, isJson, url, signer) : text)
  const { 'content-length': _, ...passed } = toldOf(told)
  const fresh = status === 200 ? { 'cache-control': `max-age=${PAGE_FRESH_SECONDS}` } : {}
  response.writeHead(status, { ...fresh, ...passed, ...(status === 304 ? {} : { 'content-length': body.length }) })
  response.end(method === 'HEAD' ? undefined : body)
}

async function answerFile(
  url: string,
  { method }: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  // The bytes are counted and hashed.
  const { answer } = await upstream.get(url, { ...headers, 'accept-encoding': 'identity' }, method)
  const status = answer.statusCode ?? 502
  warnOf(url, status)
  if (Number(answer.headers['content-length'] ?? 0) > MAX_FILE_BYTES) throw new Error('the file is larger than 2 GiB')
  response.writeHead(status, toldOf(answer.headers))
  await pipeline(answer, response)
}

function warnOf(url: string, status: number): void {
  if (status < 500 && status !== 401 && status !== 403) return
  parentPort?.postMessage({ problem: `${withoutQuery(url)} answered ${status}` })
}

function toldOf(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    TOLD.flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
}

function pageOf(path: string): string | null {
  const [, list, number, project = ''] = /^(\/[a-z]+)\/(\d{1,3})\/(?:([A-Za-z0-9._-]{1,200})\/)?$/.exec(path) ?? []
  if (list !== PAGES.index && list !== PAGES.links) return null
  if (list === PAGES.links) return settings.linkPages[Number(number)] ?? null
  const base = settings.indexes[Number(number)]
  return base === undefined || project === ''
    ? null
    : new URL(`${project}/`, base.endsWith('/') ? base : `${base}/`).href
}

async function readAll(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer) {
    bytes += chunk.length
    if (bytes > MAX_PAGE_BYTES) throw new Error('the page is larger than 64 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function describe(path: string, error: unknown): string {
  const url = registryPageOf(path, settings.npm) ?? pageOf(path) ?? urlOfPath(path, signer) ?? path
  return `${withoutQuery(url)} could not be reached: ${reasonOf(error)}`
}

/** A query may contain a storage signature. */
const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '')
