/** Faults, hooks and events on demand, which vendors do not have. */

import type { FastifyInstance } from 'fastify'
import { type Fields, textOf } from './call.ts'
import type { Faults } from './faults.ts'
import type { Twin } from './twin.ts'

export type ControlOptions = {
  readonly twin: Twin
  readonly faults: Faults
  readonly origin: () => string
  readonly now: () => number
  readonly read: (body: unknown) => Promise<Fields>
}

/** With other types, any web page could call these routes. */
const TYPE = 'application/json'

export function addControl(app: FastifyInstance, { twin, faults, origin, now, read }: ControlOptions): void {
  const { hooks } = twin
  app.register(async (control) => {
    control.addHook('preValidation', async (request, reply) => {
      if (request.method === 'GET' || request.headers['content-type']?.startsWith(TYPE) === true) return
      if (request.method === 'DELETE') return
      await reply.code(415).send({ error: `expected the content type ${TYPE}` })
    })
    control.get('/', async () => ({
      name: twin.name,
      twin_of: twin.docs,
      credentials: Object.keys(twin.credentials(origin())),
      control: ['/faults', '/hooks', '/events', '/deliveries'],
    }))
    control.get('/faults', async () => ({ data: faults.list() }))
    control.post('/faults', async (request, reply) => {
      const problem = faults.add(await read(request.body))
      return problem === null ? { data: faults.list() } : reply.code(400).send({ error: problem })
    })
    control.delete('/faults', async (_request, reply) => {
      faults.clear()
      return reply.code(204).send()
    })
    control.get('/hooks', async () => ({ data: hooks.list().map(({ secret: _secret, ...shown }) => shown) }))
    control.post('/hooks', async (request, reply) => {
      const { url } = await read(request.body)
      const problem = hooks.refusal(textOf(url))
      const made = problem ?? (await twin.register(textOf(url), origin(), now()))
      if (typeof made === 'string') return reply.code(400).send({ error: made })
      return reply.code(201).send({ id: made.id, url: made.url, events: made.events })
    })
    control.delete<{ Params: { id: string } }>('/hooks/:id', async ({ params }, reply) =>
      reply.code(hooks.remove(params.id) ? 204 : 404).send(),
    )
    control.post('/events', async (_request, reply) => {
      const { number, firstName, lastName, email } = twin.happen({}, origin(), now())
      return reply.code(201).send({ number, name: `${firstName} ${lastName}`, email, hooks: hooks.list().length })
    })
    control.get('/deliveries', async () => ({ data: hooks.deliveries() }))
  })
}
