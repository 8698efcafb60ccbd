/** A fake HrFlow API and other services, with the behaviour that the examples use. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Busboy } from '@fastify/busboy'

type UploadedProfile = {
  readonly fields: Readonly<Record<string, string>>
  readonly fileName: string
  readonly fileType: string
  readonly file: Buffer
}

type StoredJob = Readonly<Record<string, unknown>> & { readonly archived: boolean }

type StoredRecord = { readonly uid: string; readonly fileName: string }

export type FakeHrflow = {
  /** Without a trailing slash. */
  readonly url: string
  readonly port: number
  /** The SDK's `api_url`. */
  readonly apiUrl: string
  readonly profiles: UploadedProfile[]
  readonly notices: unknown[]
  /** `last_uid` of each request for records, or null. */
  readonly askedFor: (string | null)[]
  /** Records that the pull endpoint lists, oldest first. */
  readonly records: StoredRecord[]
  /** Jobs of the Board, by reference. */
  readonly jobs: Map<string, StoredJob>
  /** Pages of changed jobs of the ATS at /ats/jobs, and the received requests. */
  readonly atsPages: unknown[][]
  readonly atsAskedFor: string[]
  /** Files served under /files/<name>. */
  readonly files: Map<string, Buffer>
  close(): Promise<void>
}

type Options = {
  readonly apiKey: string
  readonly userEmail: string
  /** Address of all services except the API. Default: the loopback. */
  readonly address?: string
}
type State = Omit<FakeHrflow, 'url' | 'port' | 'apiUrl' | 'close'> & Options & { origin: string }

/** All services share one free port. */
export async function startFakeHrflow(options: Options): Promise<FakeHrflow> {
  const state: State = {
    ...options,
    origin: '',
    profiles: [],
    notices: [],
    askedFor: [],
    records: [],
    files: new Map(),
    jobs: new Map(),
    atsPages: [],
    atsAskedFor: [],
  }
  const server = createServer((request, response) => {
    route(state, request, response).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, { code: 500, message: String(error) })
      else response.destroy()
    })
  })
  await new Promise<void>((resolve) =>
    server.listen(0, options.address === undefined ? '127.0.0.1' : '0.0.0.0', resolve),
  )
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address')
  state.origin = `http://${options.address ?? '127.0.0.1'}:${address.port}`
  const { profiles, notices, askedFor, records, files, jobs, atsPages, atsAskedFor } = state
  return {
    url: state.origin,
    port: address.port,
    apiUrl: `http://127.0.0.1:${address.port}/v1/`,
    profiles,
    notices,
    askedFor,
    records,
    files,
    jobs,
    atsPages,
    atsAskedFor,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function route(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', state.origin)
  const endpoint = `${request.method} ${url.pathname}`
  if (endpoint === 'POST /v1/profile/parsing/file') return await addProfile(state, request, response)
  if (endpoint === 'GET /v1/sources' || endpoint === 'GET /v1/boards') {
    if (!isAllowed(state, request)) return refuse(response)
    const name = endpoint.endsWith('sources') ? 'Career site' : 'Open jobs'
    return sendJson(response, 200, { code: 200, data: [{ key: name[0]?.repeat(40), name, type: 'api', secret: 1 }] })
  }
  if (endpoint === 'POST /other-service') return await noteOtherService(state, request, response)
  if (endpoint === 'GET /records') return listRecords(state, url, response)
  if (url.pathname.startsWith('/v1/job/indexing')) return await answerJobs(state, url, request, response)
  if (url.pathname.startsWith('/ats/')) return answerAts(state, url, request, response)
  const file = request.method === 'GET' ? state.files.get(url.pathname.replace('/files/', '')) : undefined
  if (file === undefined) return sendJson(response, 404, { code: 404, message: `No ${endpoint} here` })
  response.writeHead(200, { 'Content-Type': 'application/pdf' }).end(file)
}

async function addProfile(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = await readForm(request)
  if (!isAllowed(state, request)) return refuse(response)
  if (form.file === null || form.fields.source_key === undefined) {
    return sendJson(response, 400, { code: 400, message: 'Expected a file and a source_key' })
  }
  state.profiles.push({ fields: form.fields, ...form.file })
  const key = String(state.profiles.length).padStart(40, '0')
  const data = { key, reference: form.fields.reference ?? null, source: { key: form.fields.source_key } }
  sendJson(response, 201, { code: 201, message: 'Profile created', data })
}

function isAllowed(state: State, { headers }: IncomingMessage): boolean {
  return headers['x-api-key'] === state.apiKey && headers['x-user-email'] === state.userEmail
}

const refuse = (response: ServerResponse): void =>
  sendJson(response, 401, { code: 401, message: 'Unauthorized: wrong X-API-KEY or X-USER-EMAIL' })

/** GET finds a job by its reference, POST adds one, PUT edits one, PATCH …/archive archives one. */
async function answerJobs(state: State, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = (await readBody(request)).toString('utf8')
  if (!isAllowed(state, request)) return refuse(response)
  const body: Record<string, unknown> = text === '' ? {} : JSON.parse(text)
  const reference = String(body.reference ?? url.searchParams.get('reference'))
  const known = state.jobs.get(reference)
  if (request.method !== 'POST' && known === undefined) {
    return sendJson(response, 404, { code: 404, message: `No job ${reference}` })
  }
  if (request.method !== 'GET') {
    state.jobs.set(reference, { ...known, ...body, archived: url.pathname.endsWith('/archive') })
  }
  const code = request.method === 'POST' ? 201 : 200
  sendJson(response, code, { code, message: 'Job', data: state.jobs.get(reference) })
}

/** An ATS: changed jobs page by page under /ats/jobs, a single job under /ats/jobs/<id>. */
function answerAts(state: State, url: URL, request: IncomingMessage, response: ServerResponse): void {
  state.atsAskedFor.push(url.pathname + url.search)
  const hasToken = request.headers.authorization !== undefined || request.headers['x-smarttoken'] !== undefined
  const page = Number(url.searchParams.get('page') ?? 1)
  if (!hasToken) {
    sendJson(response, 401, { message: 'Expected a token' })
  } else if (url.pathname === '/ats/jobs') {
    sendJson(response, 200, { jobs: state.atsPages[page - 1] ?? [], has_more: page < state.atsPages.length })
  } else {
    sendJson(response, 200, { id: url.pathname.split('/').at(-1), title: 'Nurse' })
  }
}

async function noteOtherService(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  state.notices.push(JSON.parse((await readBody(request)).toString('utf8')))
  sendJson(response, 200, { id: `other-${state.notices.length}` })
}

function listRecords(state: State, url: URL, response: ServerResponse): void {
  const lastUid = url.searchParams.get('last_uid')
  state.askedFor.push(lastUid)
  const start = state.records.findIndex((record) => record.uid === lastUid) + 1
  const fresh = state.records.slice(start)
  sendJson(response, 200, {
    files: fresh.map(({ uid, fileName }) => ({ uid, file_url: `${state.origin}/files/${fileName}` })),
    last_uid: fresh.at(-1)?.uid ?? lastUid ?? '',
  })
}

type Form = { fields: Record<string, string>; file: Pick<UploadedProfile, 'fileName' | 'fileType' | 'file'> | null }

function readForm(request: IncomingMessage): Promise<Form> {
  return new Promise((resolve, reject) => {
    const form: Form = { fields: {}, file: null }
    const parser = new Busboy({
      headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' },
    })
    parser.on('field', (name, value) => {
      form.fields[name] = value
    })
    parser.on('file', (_name, stream, fileName, _encoding, fileType) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        form.file = { fileName, fileType, file: Buffer.concat(chunks) }
      })
    })
    parser.on('finish', () => resolve(form))
    parser.on('error', reject)
    request.pipe(parser)
  })
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** The SDK compares the content type exactly: `; charset=utf-8` would turn every answer into a generic error. */
function sendJson(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(content))
}
