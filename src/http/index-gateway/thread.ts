/**
 * The gateway's own thread: sandboxes that resolve and build packages ask it on a unix socket, and it asks the indexes.
 * It is the only way out of such a sandbox, and credentials stay here.
 */

import { chmodSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { IndexSettings } from './index-settings.ts'
import { createSigner, rewritePage, urlOfPath, versionsOfPage } from './pages.ts'
import { createUpstream } from './upstream.ts'

/** To the server: that it listens, what could not be reached, or the versions that were asked for. */
export type ThreadMessage = {
  readonly ready?: boolean
  readonly problem?: string
  readonly question?: number
  readonly versions?: readonly string[]
}

export type ThreadData = { readonly settings: IndexSettings; readonly key: string; readonly socketPath: string }

/** For an index that does not say: as long as Python's own index says. */
const PAGE_FRESH = 'max-age=600'
const MAX_PAGE_BYTES = 64 * 1024 * 1024
const MAX_FILE_BYTES = 2 * 1024 * 1024 * 1024
/** The headers that pass from a client to an index, and back. */
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

const { settings, key, socketPath }: ThreadData = workerData
const upstream = createUpstream(settings)
const signer = createSigner(Buffer.from(key, 'base64'))

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    parentPort?.postMessage({ problem: describe(request.url ?? '', error) })
    if (response.headersSent) response.destroy()
    else response.writeHead(502).end()
  })
})
server.listen(socketPath, () => {
  // The user of sandboxes connects; the folder is one that only builds are shown.
  chmodSync(socketPath, 0o666)
  parentPort?.postMessage({ ready: true })
})

parentPort?.on('message', ({ question, name }: { question: number; name: string }) => {
  listVersions(name).then(
    (versions) => parentPort?.postMessage({ question, versions }),
    () => parentPort?.postMessage({ question, versions: [] }),
  )
})

/** From the first index that has the package. */
async function listVersions(name: string): Promise<readonly string[]> {
  for (let number = 0; number < settings.indexes.length; number += 1) {
    const { answer } = await upstream.get(pageOf(`/index/${number}/${name}/`) ?? '', {
      accept: 'application/vnd.pypi.simple.v1+json, text/html;q=0.1',
      'accept-encoding': 'identity',
    })
    if (answer.statusCode === 200) return versionsOfPage((await readAll(answer)).toString('utf8'), name)
    answer.resume()
  }
  return []
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '/'
  const page = pageOf(path)
  const url = page ?? urlOfPath(path, signer)
  if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end()
  if (url === null) return void response.writeHead(404).end()
  const headers = Object.fromEntries(
    ASKED.flatMap((name) => {
      const value = request.headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
  // Bytes of files are counted and checked by their hash as they are.
  const found = await upstream.get(url, { ...headers, 'accept-encoding': 'identity' })
  const { answer } = found
  const passed = Object.fromEntries(
    TOLD.flatMap((name) => {
      const value = answer.headers[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const status = answer.statusCode ?? 502
  if (status >= 500 || status === 401 || status === 403) {
    parentPort?.postMessage({ problem: `${withoutQuery(url)} answered ${status}` })
  }
  if (request.method === 'HEAD' || page === null || status !== 200) {
    if (Number(answer.headers['content-length'] ?? 0) > MAX_FILE_BYTES) throw new Error('the file is larger than 2 GiB')
    response.writeHead(status, passed)
    await pipeline(answer, response)
    return
  }
  const text = (await readAll(answer)).toString('utf8')
  const isJson = /\bjson\b/.test(answer.headers['content-type'] ?? '')
  const body = Buffer.from(rewritePage(text, isJson, found.url, signer))
  response.writeHead(200, { 'cache-control': PAGE_FRESH, ...passed, 'content-length': body.length }).end(body)
}

/** `/index/0/six/` is a page of the first index, `/links/0/` the first page of links. Null for everything else. */
function pageOf(path: string): string | null {
  const [, list, number, project = ''] = /^\/(index|links)\/(\d{1,3})\/(?:([A-Za-z0-9._-]{1,200})\/)?$/.exec(path) ?? []
  if (list === undefined) return null
  if (list === 'links') return settings.linkPages[Number(number)] ?? null
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
  const url = pageOf(path) ?? urlOfPath(path, signer) ?? path
  return `${withoutQuery(url)} could not be reached: ${error instanceof Error ? error.message : String(error)}`
}

/** A query may hold a signature of a storage service. */
const withoutQuery = (url: string): string => url.replace(/[?#].*$/, '')
