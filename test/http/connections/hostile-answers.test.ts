/** What a token endpoint may answer: no answer stops the list, a refresh or the server, and none shows a secret. */

import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { type Cluster, startCluster } from '../../helpers/cluster.ts'
import { type ConnectionBody, hookOn } from '../../helpers/connections.ts'
import { callAs, createPerson } from '../../helpers/roles.ts'
import type { Answer, TestServer } from '../../helpers/server.ts'
import { callHook, createCatch, must } from '../../helpers/workflows.ts'

const SECRET = 'a-secret-of-the-client-7f3a'
const SOURCE = 'def workflow(r, s):\n    return {"status_code": 200, "body": s[r["name"]]["expires_at"]}\n'

type Answering = (request: IncomingMessage, response: ServerResponse, body: string) => void

const token = (fields: string): Answering => {
  return (_request, response) => response.end(`{"access_token": "t", "token_type": "Bearer", ${fields}}`)
}
const refusal = (fields: object): Answering => {
  return (_request, response) => response.writeHead(400).end(JSON.stringify({ error: 'invalid_request', ...fields }))
}

/** Each with the status of a call of a workflow that uses the connection. */
const ANSWERS: Readonly<Record<string, readonly [status: number, answering: Answering]>> = {
  lasts_for_ever: [200, token('"expires_in": 9223372036854775807')],
  lasts_for_300_million_years: [200, token('"expires_in": 1e16')],
  lasts_until_a_year_of_five_digits: [200, token('"expires_in": 1e12')],
  account_with_nul: [200, token('"expires_in": 3600, "name": "a\\u0000b\\ud800"')],
  error_with_nul: [503, refusal({ error_description: 'a\u0000b\u001b[2J' })],
  sign_in_over_with_nul: [503, refusal({ error: 'invalid_grant', error_description: 'a\u0000b' })],
  repeats_the_secret: [503, refusal({ error: `not ${SECRET}`, error_description: `${'.'.repeat(260)}${SECRET}` })],
  repeats_the_request: [
    503,
    ({ headers }, response, body) =>
      refusal({ error_description: `${headers.authorization} ${body}` })({} as IncomingMessage, response, body),
  ],
  is_the_secret: [503, (_request, response) => response.end(SECRET.slice(0, 19))],
  page: [503, (_request, response) => response.setHeader('content-type', 'text/html').end('<p>Sign in</p>')],
  redirects: [503, (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:22/' }).end()],
  unknown_status: [503, (_request, response) => response.writeHead(699).end('{}')],
  large: [503, (_request, response) => response.end(`{"access_token": "${'x'.repeat(10 << 20)}"}`)],
  deep: [503, (_request, response) => response.end('['.repeat(120_000))],
  silent: [503, () => {}],
}

let provider: Server
let cluster: Cluster
let server: TestServer
before(async () => {
  provider = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => ANSWERS[request.url?.slice(1) ?? '']?.[1](request, response, body))
  })
  await new Promise<void>((done) => provider.listen(0, '127.0.0.1', done))
  cluster = await startCluster(1, {
    WORKFLOWS_PUBLIC_URL: 'http://workflows.example',
    WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${portOf(provider)}`,
  })
  server = cluster.servers[0] ?? assert.fail()
})
after(async () => {
  provider.closeAllConnections()
  provider.close()
  await cluster.close()
})

const portOf = (listening: Server): number => (listening.address() as AddressInfo).port

async function callWith(name: string): Promise<Answer<unknown>> {
  const client = {
    client_id: 'c',
    client_secret: SECRET,
    client_auth: name === 'repeats_the_request' ? 'body' : 'basic',
  }
  const at = {
    provider: 'oauth2',
    grant: 'client_credentials',
    token_url: `http://127.0.0.1:${portOf(provider)}/${name}`,
  }
  await must(server.api('POST', '/api/connections', { name, ...client, ...at }), 201)
  const workflow = await createCatch(server, { source: SOURCE, connections: [name] })
  return await callHook(hookOn(server, workflow), { name })
}

test('Z3-101 Z3-102 no answer of a token endpoint stops the list or a refresh, or shows the secret', async () => {
  const viewer = await createPerson(server, 'viewer', 'viewer')
  const answers = Object.entries(ANSWERS).map(async ([name, [status]]) => {
    const answer = await callWith(name)
    assert.equal(answer.status, status, `${name}: ${answer.text}`)
    if (status === 200) assert.match(answer.text, /^\d{4}-/, name)
    return answer.text
  })
  const seen = (await Promise.all(answers)).join('\n')
  const list = await callAs<{ data: readonly ConnectionBody[] }>(server, viewer.sender, 'GET', '/api/connections')
  assert.equal(list.status, 200, list.text)
  const problems = new Map(list.body.data.map(({ name, problem }) => [name, problem]))
  assert.equal(problems.get('error_with_nul'), 'The provider refused: invalid_request: a b [2J')
  assert.match(String(problems.get('repeats_the_request')), /client_secret=\*\*\*/)
  assert.match(String(problems.get('silent')), /could not be reached/)
  const runs = await callAs(server, viewer.sender, 'GET', '/api/runs?limit=200')
  const found = [seen, list.text, runs.text, server.output()].join('\n')
  for (const part of [SECRET, SECRET.slice(0, 10), Buffer.from(`c:${SECRET}`).toString('base64')])
    assert.ok(!found.includes(part), found.slice(Math.max(0, found.indexOf(part) - 500)).slice(0, 1000))
})
