/** Listens on loopback, stores nothing, and accepts any key. */

import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { openJson } from '../http/wire/body-readers.ts'
import { resumePdf } from './documents/resume.ts'
import { JOB_PAGES, RECORDS } from './files.ts'
import { profileOf } from './profile.ts'
import { type RunningTwin, startTwins, type TwinOptions } from './twins/twins.ts'

type DemoSetting = { readonly name: string; readonly value: string; readonly secret: boolean }

export type Demo = {
  readonly targets: readonly { readonly host: string; readonly port: number }[]
  readonly settings: readonly DemoSetting[]
  readonly fileUrl: string
  readonly twins: readonly RunningTwin[]
  close(): Promise<void>
}

/** Stored settings contain the port. */
const PORT = 4410
const HOST = '127.0.0.1'
const MAX_BODY = 32 * 1024 * 1024
const MAX_DEPTH = 64
const MAX_JOBS = 1000

export async function startDemo(options: TwinOptions): Promise<Demo> {
  const first = createDemo()
  const app = await first.listen({ host: HOST, port: PORT }).then(
    () => first,
    async () => {
      const other = createDemo()
      await other.listen({ host: HOST, port: 0 })
      return other
    },
  )
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : PORT
  const url = `http://${HOST}:${port}`
  const twins = await startTwins(options)
  return {
    targets: [{ host: HOST, port }, ...twins],
    settings: settingsOf(url),
    fileUrl: `${url}/files/ada-lovelace.pdf`,
    twins,
    async close() {
      for (const twin of twins) await twin.close()
      await app.close()
    },
  }
}

const settingsOf = (url: string): readonly DemoSetting[] => [
  { name: 'HRFLOW_API_URL', value: `${url}/v1/`, secret: false },
  { name: 'API_KEY', value: 'demo-key-of-hrflow', secret: true },
  { name: 'USER_EMAIL', value: 'demo@example.com', secret: false },
  { name: 'SOURCE_KEY', value: 'fedcba9876543210fedcba9876543210fedcba98', secret: false },
  { name: 'BOARD_KEY', value: 'demo-board', secret: false },
  { name: 'OTHER_SERVICE_URL', value: `${url}/other-service`, secret: false },
  { name: 'SLACK_WEBHOOK_URL', value: `${url}/slack`, secret: true },
  { name: 'INTERNAL_ENDPOINT', value: `${url}/records`, secret: false },
  { name: 'ATS_JOBS_URL', value: `${url}/ats/jobs`, secret: false },
  { name: 'ATS_TOKEN', value: 'demo-token-of-the-ats', secret: true },
  { name: 'SMARTRECRUITERS_API_URL', value: `${url}/smartrecruiters`, secret: false },
  { name: 'SMARTRECRUITERS_TOKEN', value: 'demo-token-of-smartrecruiters', secret: true },
]

function createDemo(): FastifyInstance {
  const app = fastify({ bodyLimit: MAX_BODY })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body)
  // The SDK compares the content type exactly: `; charset=utf-8` would make every response an error.
  app.addHook('onSend', async (_request, reply) => {
    if (String(reply.getHeader('content-type')).startsWith('application/json')) {
      reply.header('content-type', 'application/json')
    }
  })
  app.setNotFoundHandler((request, reply) => {
    reply
      .code(404)
      .send({ code: 404, message: `The demo HrFlow has no ${request.method} ${request.url.slice(0, 200)}` })
  })
  addHrflow(app)
  addOthers(app)
  return app
}

function addHrflow(app: FastifyInstance): void {
  const jobs = new Map<string, Record<string, unknown>>()
  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/v1/') || request.headers['x-api-key'] !== undefined) return
    await reply.code(401).send({ code: 401, message: 'Unauthorized: expected the header X-API-KEY, found none' })
  })

  app.post('/v1/profile/parsing/file', async (request, reply) => {
    const form = await readForm(request)
    const file = form.get('file')
    const source = form.get('source_key')
    if (!(file instanceof File) || typeof source !== 'string') {
      return reply.code(400).send({ code: 400, message: 'Expected a file and a source_key' })
    }
    const reference = form.get('reference')
    const upload = { name: file.name, type: file.type, bytes: Buffer.from(await file.arrayBuffer()) }
    const at = new Date().toISOString()
    const data = profileOf(upload, source, typeof reference === 'string' ? reference : null, at)
    return reply.code(201).send({ code: 201, message: 'Profile created', data })
  })

  for (const [kind, name] of [
    ['sources', 'SOURCE_KEY'],
    ['boards', 'BOARD_KEY'],
  ] as const) {
    const key = settingsOf('').find((setting) => setting.name === name)?.value
    app.get(`/v1/${kind}`, async () => ({
      code: 200,
      message: 'Success',
      meta: { page: 1, maxPage: 1, count: 1, total: 1 },
      data: [{ key, name: kind === 'sources' ? 'Career site' : 'Open jobs', type: 'api', subtype: 'python' }],
    }))
  }

  app.route({
    method: ['GET', 'POST', 'PUT', 'PATCH'],
    url: '/v1/job/indexing*',
    handler: async (request, reply) => {
      const body = await parseJson(request.body)
      const reference = String(body['reference'] ?? new URL(request.url, 'http://demo').searchParams.get('reference'))
      const known = jobs.get(reference)
      if (request.method !== 'POST' && known === undefined) {
        return reply.code(404).send({ code: 404, message: `No job ${reference}` })
      }
      if (request.method !== 'GET' && jobs.size < MAX_JOBS) {
        jobs.set(reference, { ...known, ...body, archived: request.url.includes('/archive') })
      }
      const code = request.method === 'POST' ? 201 : 200
      return reply.code(code).send({ code, message: 'Job', data: jobs.get(reference) ?? body })
    },
  })
}

function addOthers(app: FastifyInstance): void {
  app.post('/other-service', async () => ({ id: 'demo-42' }))
  app.post('/slack', async (_request, reply) => reply.type('text/plain').send('ok'))
  app.get('/files/:name', async (_request, reply) => reply.type('application/pdf').send(resumePdf()))
  app.get('/records', async (request) => {
    const { last_uid: last } = request.query as { last_uid?: string }
    const fresh = RECORDS.slice(RECORDS.indexOf(last ?? '') + 1)
    const host = request.headers.host ?? `${HOST}:${PORT}`
    return {
      files: fresh.map((uid) => ({ uid, file_url: `http://${host}/files/${uid}.pdf` })),
      last_uid: fresh.at(-1) ?? last ?? '',
    }
  })
  app.get('/ats/jobs', async (request) => {
    const { page = '1', updated_after: after = '' } = request.query as { page?: string; updated_after?: string }
    const jobs = (JOB_PAGES[Number(page) - 1] ?? []).filter((job) => job.updated_at > after)
    return { jobs, has_more: Number(page) < JOB_PAGES.length }
  })
  app.get('/smartrecruiters/jobs/:id', async (request) => {
    const { id } = request.params as { id: string }
    return { id, title: 'Registered Nurse', location: { city: 'Lyon', country: 'fr' } }
  })
}

async function readForm({ body, headers }: FastifyRequest): Promise<FormData> {
  const type = headers['content-type'] ?? ''
  if (!Buffer.isBuffer(body)) return new FormData()
  return await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
}

async function parseJson(body: unknown): Promise<Record<string, unknown>> {
  const found: unknown = Buffer.isBuffer(body) && body.length > 0 ? (await openJson(body, MAX_DEPTH)).value : {}
  return typeof found === 'object' && found !== null ? { ...found } : {}
}
