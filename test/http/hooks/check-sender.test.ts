/** Who may call a hook: over real HTTP, with calls signed by an independent program; and what its owner sees of those refused. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { SENDERS, type Sender, type SignedCall, signCalls } from '../../helpers/senders.ts'
import { type Answer, readAnswer, startServer } from '../../helpers/server.ts'
import { createCatch, must, until, type WorkflowBody } from '../../helpers/workflows.ts'
import { post, sendRaw } from '../raw.ts'

const ECHO = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": _request.body.decode()}\n'
const NOTHING = 'def workflow(_request, settings):\n    pass\n'
type RefusedCall = {
  reason: string
  detail: string
  address: string
  headers: [string, string][]
  body_bytes: number
  at: string
}

const server = await startServer({ env: { WORKFLOWS_PUBLIC_URL: 'https://workflows.example.com' } })
after(() => server.close())

const seconds = () => String(Math.floor(Date.now() / 1000))
const hookPath = ({ hook_url }: WorkflowBody) => new URL(hook_url).pathname

async function send(
  workflow: WorkflowBody,
  call: SignedCall,
  { contentType, query }: Pick<Sender, 'contentType' | 'query'> = { contentType: 'application/json', query: '' },
): Promise<Answer<Record<string, unknown>>> {
  const headers = [['content-type', contentType], ...call.headers.map(([name, value]) => [name, value])]
  const url = server.url + hookPath(workflow) + query
  return await readAnswer(await fetch(url, { method: 'POST', headers: Object.fromEntries(headers), body: call.body }))
}

const patch = (workflow: WorkflowBody, body: unknown) =>
  must(server.api<WorkflowBody>('PATCH', `/api/workflows/${workflow.id}`, body), 200)
const refusedOf = async (workflow: WorkflowBody): Promise<readonly RefusedCall[]> =>
  (await must(server.api<{ data: RefusedCall[] }>('GET', `/api/workflows/${workflow.id}/refused-calls`), 200)).data
const runCount = async (workflow: WorkflowBody): Promise<number> =>
  (await must(server.api<{ data: unknown[] }>('GET', `/api/workflows/${workflow.id}/runs?limit=200`), 200)).data.length

function assertRefused(answer: Answer<Record<string, unknown>>): void {
  assert.deepEqual([answer.status, answer.body.code], [401, 'sender_refused'], answer.text)
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
  assert.match(answer.headers.get('www-authenticate') ?? '', /./)
  assert.equal(answer.headers.get('workflow-run'), null)
}

test('every sender is let in by its signature alone, and with two secrets while they are rotated', async () => {
  const workflow = await createCatch(server, { source: ECHO })
  const time = seconds()
  const calls = signCalls(
    SENDERS.map(({ name, secret, body, query }) => ({
      sender: name,
      secret,
      body,
      url: workflow.hook_url + query,
      time,
    })),
  )
  for (const [index, sender] of SENDERS.entries()) {
    const call = calls[index] ?? { headers: [], body: '' }
    const { check, secret, otherSecret } = sender
    await patch(workflow, { sender_check: { ...check, secret, previous_secret: null } })
    const runs = await runCount(workflow)
    const taken = await send(workflow, call, sender)
    assert.deepEqual([taken.status, taken.text], [200, call.body], sender.name)

    assertRefused(await send(workflow, { headers: [], body: '{}' }, sender))
    if (sender.coversBody) assertRefused(await send(workflow, { ...call, body: `${call.body}x` }, sender))
    const rotated = await patch(workflow, { sender_check: { ...check, secret: otherSecret } })
    assert.deepEqual(rotated.sender_check, { ...Object(rotated.sender_check), scheme: check.scheme, secrets: 2 })
    assert.equal((await send(workflow, call, sender)).status, 200, `${sender.name} while rotating`)
    await patch(workflow, { sender_check: { ...check, previous_secret: null } })
    assertRefused(await send(workflow, call, sender))
    assert.equal(await runCount(workflow), runs + 2, sender.name)
  }
})

test('a refused call is kept with its reason and without secrets, and shown to the owner alone', async () => {
  const secret = 'super-secret-key-0123456789'
  const sender_check = { scheme: 'github', secret }
  const workflow = await createCatch(server, { source: ECHO, sender_check })
  assert.deepEqual(workflow.sender_check, { scheme: 'github', tolerance_seconds: 300, secrets: 1 })
  const [call] = signCalls([{ sender: 'github', secret: 'something else', body: '{"a":1}', url: '', time: '0' }])
  assert.ok(call)
  const signature = call.headers[0]?.[1] ?? ''
  const sensitive = {
    Authorization: 'Bearer abcdefgh',
    Cookie: 'a=b',
    'X-Api-Key': 'k-123',
    'X-Long': 'x'.repeat(1000),
  }
  const answer = await send(workflow, { ...call, headers: [...call.headers, ...Object.entries(sensitive)] })
  assertRefused(answer)
  assert.doesNotMatch(answer.text, /secret|signature does not fit/i)
  const [refused] = await refusedOf(workflow)
  assert.deepEqual([refused?.reason, refused?.address, refused?.body_bytes], ['mismatch', '127.0.0.1', 7])
  assert.match(refused?.detail ?? '', /The signature does not fit/)
  assert.match(refused?.at ?? '', /Z$/)
  const headers = Object.fromEntries((refused?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]))
  assert.deepEqual(
    [headers.authorization, headers.cookie, headers['x-api-key'], headers['x-hub-signature-256']],
    ['***', '***', '***', `${signature.slice(0, 12)}…`],
  )
  assert.equal(headers['x-long'], `${'x'.repeat(200)}…`)
  assert.equal(await runCount(workflow), 0)
  const read = await server.api('GET', `/api/workflows/${workflow.id}`)
  assert.ok(!read.text.includes(secret))
  assert.deepEqual(read.body.sender_check, { scheme: 'github', tolerance_seconds: 300, secrets: 1 })
  assert.ok(!server.output().includes(secret))
})

test('only the newest hundred refused calls of a workflow are kept', async () => {
  const workflow = await createCatch(server, {
    source: ECHO,
    sender_check: { scheme: 'bearer', secret: 'key-0123456789abcdef' },
  })
  const other = await createCatch(server, {
    source: ECHO,
    sender_check: { scheme: 'bearer', secret: 'key-0123456789abcdef' },
  })
  await send(other, { headers: [], body: '{}' })
  for (let batch = 0; batch < 6; batch += 1) {
    await Promise.all(Array.from({ length: 20 }, () => send(workflow, { headers: [], body: '{}' })))
  }
  const path = `/api/workflows/${workflow.id}/refused-calls?limit=200`
  type Page = { data: { id: string }[]; next_cursor: string | null }
  const all = await must(server.api<Page>('GET', path), 200)
  assert.deepEqual([all.data.length, all.next_cursor], [100, null])
  const first = await must(server.api<Page>('GET', path.replace('200', '60')), 200)
  const rest = await must(server.api<Page>('GET', `${path}&cursor=${first.next_cursor}`), 200)
  assert.deepEqual([...first.data, ...rest.data], all.data)
  assert.equal((await refusedOf(other)).length, 1)
})

test('SmartRecruiters: the handshake is answered without a run, and a function that says nothing answers 202', async () => {
  const sender = SENDERS.find(({ name }) => name === 'smartrecruiters')
  assert.ok(sender)
  const workflow = await createCatch(server, {
    source: NOTHING,
    sender_check: { ...sender.check, secret: sender.secret },
  })
  for (const extra of [[], ['Content-Type: application/json']]) {
    const answer = await sendRaw(server.url, post(hookPath(workflow), ['X-Hook-Secret: 4jn8fs9011jj8', ...extra]))
    assert.deepEqual([answer.status, answer.headers['x-hook-secret'], answer.body], [200, '4jn8fs9011jj8', ''])
  }
  assert.equal(await runCount(workflow), 0)
  assertRefused(await send(workflow, { headers: [['x-hook-secret', 'with space']], body: '{}' }))
  assertRefused(
    await send(workflow, {
      headers: [
        ['x-hook-secret', 'x'],
        ['smartrecruiters-signature', 'v1=0'],
      ],
      body: '{}',
    }),
  )
  const [call] = signCalls([
    { sender: 'smartrecruiters', secret: sender.secret, body: '{"id":"1"}', url: '', time: seconds() },
  ])
  const answer = call && (await send(workflow, call))
  assert.deepEqual([answer?.status, answer?.body.status], [202, 'succeeded'])
  const plain = await createCatch(server, { source: NOTHING })
  const echo = await send(plain, { headers: [['x-hook-secret', 'x']], body: '{}' })
  assert.deepEqual([echo.status, echo.headers.get('x-hook-secret')], [200, null])
})

test('a key that is sent as it is reaches neither the function nor the run’s page', async () => {
  const workflow = await createCatch(server, {
    source: 'import json\ndef workflow(r, s):\n    return {"status_code": 200, "body": json.dumps(dict(r.headers))}\n',
  })
  const secret = 'key-0123456789abcdef'
  for (const [check, header, value] of [
    [{ scheme: 'bearer', secret }, 'authorization', `Bearer ${secret}`],
    [{ scheme: 'header', header: 'X-Door', secret }, 'x-door', secret],
  ] as const) {
    await patch(workflow, { sender_check: check })
    const answer = await send(workflow, { headers: [[header, value]], body: '{}' })
    assert.deepEqual([answer.status, JSON.parse(answer.text)[header]], [200, '***'])
    const run = await server.api('GET', `/api/runs/${answer.headers.get('workflow-run')}`)
    assert.ok(!run.text.includes(secret))
  }
})

test('the sender is checked after the hook and before the body', async () => {
  const workflow = await createCatch(server, {
    source: ECHO,
    sender_check: { scheme: 'bearer', secret: 'key-0123456789abcdef' },
  })
  assertRefused(await send(workflow, { headers: [], body: '{broken' }))
  const broken = await send(workflow, { headers: [['authorization', 'Bearer key-0123456789abcdef']], body: '{broken' })
  assert.deepEqual([broken.status, broken.body.code], [400, 'invalid_body'])
  await patch(workflow, { enabled: false })
  assert.equal((await send(workflow, { headers: [], body: '{}' })).status, 503)
})

test('more calls than the limit are 429 with Retry-After, and leave room again after it', async () => {
  const workflow = await createCatch(server, { source: NOTHING, rate_limit: { calls: 3, per_seconds: 3600 } })
  const free = await createCatch(server, { source: NOTHING })
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(workflow, { headers: [], body: '{}' })))
  const refused = answers.filter(({ status }) => status === 429)
  assert.equal(refused.length, 7, String(answers.map(({ status }) => status)))
  assert.equal(refused[0]?.body.code, 'too_many_requests')
  assert.equal((await send(free, { headers: [], body: '{}' })).status, 200)
  const waitOf = ({ headers }: (typeof answers)[number]) => Number(headers.get('retry-after'))
  assert.ok(refused.every((answer) => waitOf(answer) > 1000 && waitOf(answer) <= 3600))
  await patch(workflow, { rate_limit: { calls: 1, per_seconds: 2 } })
  const wait = await until(async () => waitOf(await send(workflow, { headers: [], body: '{}' })))
  assert.ok(wait <= 2)
  await new Promise((resolve) => setTimeout(resolve, wait * 1000))
  assert.equal((await send(workflow, { headers: [], body: '{}' })).status, 200)
  await patch(workflow, { rate_limit: null })
  assert.equal((await send(workflow, { headers: [], body: '{}' })).status, 200)
})

test('H47 A11 an address in a header counts only where a trusted proxy wrote it', async () => {
  const workflow = await createCatch(server, { source: ECHO, allowed_ips: ['10.0.0.0/8', '2001:db8::1'] })
  const forged = ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'CF-Connecting-IP', 'True-Client-IP']
  for (const name of forged) {
    assertRefused(
      await send(workflow, { headers: [[name, name === 'Forwarded' ? 'for=10.1.2.3' : '10.1.2.3']], body: '{}' }),
    )
  }
  const [refused] = await refusedOf(workflow)
  assert.deepEqual([refused?.reason, refused?.address], ['address', '127.0.0.1'])
  await patch(workflow, { allowed_ips: ['127.0.0.1'] })
  assert.equal((await send(workflow, { headers: [], body: '{}' })).status, 200)

  const proxied = await startServer({ env: { WORKFLOWS_TRUSTED_PROXIES: '127.0.0.0/8, 192.0.2.1' } })
  try {
    const behind = await createCatch(proxied, { source: ECHO, allowed_ips: ['10.0.0.0/8', '2001:db8::1'] })
    const from = async (...hops: string[]) => {
      const lines = hops.map((hop) => `X-Forwarded-For: ${hop}`)
      const parts = post(hookPath(behind), ['Content-Type: application/json', ...lines], '{}')
      return (await sendRaw(proxied.url, parts)).status
    }
    assert.equal(await from('10.1.2.3'), 200)
    assert.equal(await from('2001:DB8:0::1'), 200)
    assert.equal(await from('203.0.113.9, 10.1.2.3, 192.0.2.1'), 200)
    assert.equal(await from('203.0.113.9', '10.1.2.3'), 200)
    assert.equal(await from('::ffff:10.1.2.3'), 200)
    for (const hops of [
      [],
      ['10.1.2.3, 203.0.113.9'],
      ['10.1.2.3', '203.0.113.9'],
      ['10.1.2.3, unknown'],
      ['10.1.2.3, '],
      ['11.0.0.1'],
      ['2001:db8::2'],
      ['10.1.2.3:80'],
    ]) {
      assert.equal(await from(...hops), 401, JSON.stringify(hops))
    }
    const signIn = await sendRaw(
      proxied.url,
      post(
        '/api/auth/sign-in/email',
        ['Content-Type: application/json', 'X-Forwarded-For: 6.6.6.6, 10.9.9.9'],
        '{"email":"nobody@example.com","password":"wrong password"}',
      ),
    )
    assert.equal(signIn.status, 401)
    const audit = await must(proxied.api<{ data: { action: string; detail: string }[] }>('GET', '/api/audit'), 200)
    assert.equal(audit.data.find(({ action }) => action === 'session.refuse')?.detail, '10.9.9.9')
  } finally {
    await proxied.close()
  }
})

test('H47 what the platform says of a run cannot be forged by its caller', async () => {
  const workflow = await createCatch(server, { source: NOTHING })
  const headers = [
    ['Workflow-Run', 'run_forged'],
    ['X-Run-Id', 'run_forged'],
    ['X-Request-Id', 'x'],
  ] as const
  const answer = await send(workflow, { headers, body: '{}' })
  assert.equal(answer.headers.get('workflow-run'), answer.body.run_id)
  assert.equal(answer.headers.get('x-run-id'), null)
})

test('the sample call of each scheme is let in as it is', async () => {
  const workflow = await createCatch(server, { source: ECHO })
  for (const { name, check, secret } of SENDERS.filter(({ name }) => name !== 'twilio_json')) {
    await patch(workflow, { sender_check: { ...check, secret } })
    const sample = await must(
      server.api<{ url: string; headers: [string, string][]; body: string }>(
        'POST',
        `/api/workflows/${workflow.id}/sample-call`,
        {},
      ),
      200,
    )
    assert.equal(sample.url, workflow.hook_url)
    assert.ok(!JSON.stringify(sample).includes(secret))
    const headers = sample.headers.map(([header, value]) => [header, value.replace('YOUR-KEY', secret)] as const)
    const contentType = headers.find(([header]) => header === 'Content-Type')?.[1] ?? ''
    const others = headers.filter(([header]) => header !== 'Content-Type')
    const answer = await send(workflow, { headers: others, body: sample.body }, { contentType, query: '' })
    assert.deepEqual([answer.status, answer.text], [200, sample.body], name)
  }
})

const BAD: Readonly<Record<string, readonly [fields: unknown, detail: RegExp]>> = {
  'an unknown scheme': [{ sender_check: { scheme: 'x' } }, /scheme: expected one of none, bearer/],
  'no secret': [{ sender_check: { scheme: 'github' } }, /secret: expected the secret/],
  'a short secret': [{ sender_check: { scheme: 'github', secret: 'short' } }, /at least 8 characters, found 5/],
  'a secret without a check': [
    { sender_check: { scheme: 'none', secret: 'long enough' } },
    /none with the scheme none/,
  ],
  'a key that is no header': [{ sender_check: { scheme: 'bearer', secret: 'with a space' } }, /printable ASCII/],
  'a field of another scheme': [
    { sender_check: { scheme: 'github', secret: 'long enough', header: 'X' } },
    /header: expected no such field/,
  ],
  'no header': [{ sender_check: { scheme: 'hmac', secret: 'long enough' } }, /header: expected the name of a header/],
  'a header with a line break': [
    { sender_check: { scheme: 'header', header: 'X\r\nY', secret: 'long-enough' } },
    /the name of a header/,
  ],
  'a form that does not cover the body': [
    { sender_check: { scheme: 'hmac', header: 'X', signed: 'x', secret: 'long enough' } },
    /signed: expected a text with \{body\}/,
  ],
  'a form with an unknown part': [
    { sender_check: { scheme: 'hmac', header: 'X', signed: '{body}{url}', secret: 'long enough' } },
    /found \{url\}/,
  ],
  'a time that nothing signs': [
    { sender_check: { scheme: 'hmac', header: 'X', signed: '{body}', timestamp_header: 'T', secret: 'long enough' } },
    /\{timestamp\} together with/,
  ],
  'a secret that is no whsec_': [
    { sender_check: { scheme: 'standard_webhooks', secret: 'whsec_ not base64' } },
    /whsec_ and base64/,
  ],
  'a range that is none': [{ allowed_ips: ['10.0.0.0/33'] }, /allowed_ips: expected an address/],
  'a name for an address': [{ allowed_ips: ['example.com'] }, /found "example.com"/],
  'a limit of nothing': [
    { rate_limit: { calls: 0, per_seconds: 1 } },
    /^rate_limit\.(calls|per_seconds): expected at least 1, found 0\.$/,
  ],
}
for (const [name, [fields, detail]] of Object.entries(BAD)) {
  test(`${name} is refused, and nothing of it is kept`, async () => {
    const workflow = await createCatch(server, { source: ECHO })
    const answer = await server.api('PATCH', `/api/workflows/${workflow.id}`, fields)
    assert.equal(answer.status, 400, answer.text)
    assert.match(String(answer.body.detail), detail)
    assert.doesNotMatch(answer.text, /long.enough|with a space|not base64/)
    const read = await must(server.api('GET', `/api/workflows/${workflow.id}`), 200)
    assert.deepEqual([read.sender_check, read.allowed_ips, read.rate_limit], [{ scheme: 'none', secrets: 0 }, [], null])
  })
}

test('a pull workflow has no callers to check', async () => {
  const made = await must(server.api<WorkflowBody>('POST', '/api/workflows', { name: 'p', kind: 'pull' }), 201)
  assert.deepEqual([made.sender_check, made.allowed_ips, made.rate_limit], [null, null, null])
  const answer = await server.api('PATCH', `/api/workflows/${made.id}`, { allowed_ips: ['10.0.0.1'] })
  assert.equal(answer.status, 400)
  assert.equal((await server.api('POST', `/api/workflows/${made.id}/sample-call`, {})).status, 409)
})

test('another scheme does not inherit the secrets of the one before', async () => {
  const workflow = await createCatch(server, {
    source: ECHO,
    sender_check: { scheme: 'github', secret: 'long enough' },
  })
  const answer = await server.api('PATCH', `/api/workflows/${workflow.id}`, { sender_check: { scheme: 'ashby' } })
  assert.equal(answer.status, 400)
  await patch(workflow, { sender_check: { scheme: 'none' } })
  assert.equal(
    (await server.api('PATCH', `/api/workflows/${workflow.id}`, { sender_check: { scheme: 'github' } })).status,
    400,
  )
})
