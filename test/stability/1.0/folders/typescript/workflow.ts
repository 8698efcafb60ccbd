import { createHash } from 'node:crypto'
import { GREETING } from './lib/words.ts'

export default function workflow(request: any, settings: any) {
  settings.COUNT += 1
  settings.SEEN = [...(settings.SEEN ?? []), request.fields.id]
  console.log('called', request.fields.id)
  const answer = {
    greeting: GREETING + settings.NAME,
    id: request.fields.id,
    header: request.headers['x-sender'],
    query: request.query.q,
    method: request.method,
    body: createHash('sha256').update(request.body).digest('hex'),
    workflow: settings.__workflow_id.split('_')[0],
    count: settings.COUNT,
    cursor: settings.CURSOR,
  }
  return {
    status_code: 201,
    headers: { 'X-Kind': 'fixture', 'Content-Type': 'application/json' },
    body: JSON.stringify(answer),
  }
}
