/** The commands against a real server. */

import assert from 'node:assert/strict'
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type CommandLine, createCommandLine } from '../helpers/command-line.ts'
import { startServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

const server = await startServer()
const env = { WORKFLOWS_URL: server.url, WORKFLOWS_API_KEY: server.apiKey }
const lines: CommandLine[] = []
function open(with_: Readonly<Record<string, string>> = env): CommandLine {
  const line = createCommandLine(with_)
  lines.push(line)
  return line
}
after(async () => {
  await server.close()
  for (const line of lines) line.remove()
})

async function good(line: CommandLine, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await line.run(args)
  assert.equal(code, 0, `${args.join(' ')}: ${out}${err}`)
  return out
}
async function bad(line: CommandLine, code: number, ...args: readonly string[]): Promise<string> {
  const result = await line.run(args)
  assert.equal(result.code, code, `${args.join(' ')}: ${result.out}${result.err}`)
  return result.out + result.err
}
const edit = (line: CommandLine, path: string, from: string | RegExp, to: string): void => {
  const file = join(line.cwd, path)
  const text = readFileSync(file, 'utf8')
  assert.match(text, typeof from === 'string' ? new RegExp(from) : from)
  writeFileSync(file, text.replace(from, to))
}
const readWorkflow = (id: string) => must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)

const COMMANDS = [
  'login',
  'logout',
  'whoami',
  'list',
  'init',
  'import',
  'pull',
  'push',
  'diff',
  'dev',
  'run',
  'logs',
  'runs',
  'replay',
  'wake',
  'dead-letters',
  'open',
  'settings',
  'network',
  'connections',
  'versions',
  'deploy',
  'rollback',
  'tasks',
  'trial',
  'canary',
  'completion',
]

test('every command has --help, and wrong use is exit code 2', async () => {
  const line = open()
  assert.match(await good(line, '--help'), /Exit codes: 0 done, 1 failed, 2 wrong use/)
  for (const command of COMMANDS) assert.match(await good(line, command, '--help'), /^Usage: workflows /, command)
  for (const command of ['list', 'get', 'set', 'unset'])
    assert.match(await good(line, 'settings', command, '--help'), /^Usage: /)
  for (const args of [
    [],
    ['bogus'],
    ['pull', '--bogus'],
    ['run'],
    ['init', 'x', '--kind', 'push'],
    ['init', 'x'],
    ['init', '../x', '--kind', 'pull'],
    ['login', 'ftp://x', '--key', 'k'],
    ['deploy', 'x', '--version', 'one'],
    ['completion', 'sh'],
    ['runs', 'show'],
  ]) {
    await bad(line, 2, ...args)
  }
  const { code, out, err } = await line.start(['bogus']).ended
  assert.deepEqual([code, out], [2, ''])
  assert.match(err, /unknown command 'bogus'/)
  assert.match(await good(line, '--version'), /^\d+\.\d+\.\d+\n$/)
  assert.match(await good(line, 'completion', 'bash'), /rollback/)
})

test('a key is kept for this user alone, only once the server has accepted it, and the environment wins', async () => {
  const line = open({})
  assert.match(await bad(line, 1, 'whoami'), /workflows login URL/)
  assert.match(await bad(line, 1, 'login', server.url, '--key', 'wrong-key'), /does not know this API key/)
  assert.ok(!existsSync(line.credentials))
  const { code } = await line.start(['login', `${server.url}/`], { input: `${server.apiKey}\n` }).ended
  assert.equal(code, 0)
  assert.equal(statSync(line.credentials).mode & 0o777, 0o600)
  const me = JSON.parse(await good(line, 'whoami', '--json'))
  assert.deepEqual([me.url, me.type, me.scopes], [server.url, 'api_key', ['read', 'run', 'write', 'admin']])
  const { key } = await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'mine', scopes: ['read'] }), 201)
  const other = createCommandLine({ XDG_CONFIG_HOME: join(line.credentials, '../..'), WORKFLOWS_API_KEY: key })
  lines.push(other)
  assert.match(await good(other, 'whoami'), /^mine on .*\n.*may: read\n$/)
  const wrong = open({ ...env, WORKFLOWS_API_KEY: 'wrong-key' })
  assert.match(await bad(wrong, 1, 'whoami'), /Set WORKFLOWS_API_KEY to a valid key, or remove it and log in\.$/m)
  assert.match(await bad(wrong, 1, 'decisions', 'replay', 'no.zip'), /^no\.zip can't be read: is the name right\?$/m)
  const elsewhere = createCommandLine({
    XDG_CONFIG_HOME: join(line.credentials, '../..'),
    WORKFLOWS_URL: 'http://127.0.0.1:9',
  })
  lines.push(elsewhere)
  assert.match(await bad(elsewhere, 1, 'whoami'), /There is no API key for http:\/\/127\.0\.0\.1:9/)
  assert.match(await good(line, 'logout'), /removed/)
  assert.ok(!existsSync(line.credentials))
})

test('P04 push --deploy stops at the gate, names its trial, and goes past it with --past-gate', async () => {
  const line = open()
  await good(line, 'init', 'gated', '--kind', 'catch')
  await good(line, 'push', '--deploy')
  const { data } = await must(server.api<{ data: readonly WorkflowBody[] }>('GET', '/api/workflows?q=gated'), 200)
  const [workflow] = data
  assert.ok(workflow !== undefined)
  assert.equal((await callHook(workflow, { name: 'Ada' })).status, 200)
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { deploy_gate: { last: 5, allow: ['same'] } }), 200)
  await good(line, 'pull', 'gated', '--force')
  edit(line, 'gated/workflow.py', /return .*/s, 'return {"status_code": 202, "body": "changed"}\n')
  assert.match(await bad(line, 1, 'push', '--deploy'), /1 changed.*trial_/s)
  assert.equal((await readWorkflow(workflow.id))['deployed_version'], 1)
  await good(line, 'push', '--deploy', '--past-gate')
  assert.equal((await callHook(workflow, { name: 'Ada' })).text, 'changed')
})

test('init, dev, push, run, versions, rollback: a new workflow', async () => {
  const line = open()
  await good(line, 'init', 'hello', '--kind', 'catch')
  assert.match(await bad(line, 1, 'init', 'hello', '--kind', 'catch'), /is there already/)
  assert.match(await good(line, 'push', '--deploy', '--dry-run'), /hello\n {2}\+ new workflow, deployed/)
  const { body } = await server.api<{ data: readonly { name: string; id: string }[] }>('GET', '/api/workflows?q=hello')
  assert.deepEqual(body.data, [])
  assert.match(
    await good(line, 'dev', 'hello', '--once'),
    /called by Ada\n200\nHello, Ada\nsucceeded run_\w+ [\d.]+ m?s \(.*your code \d+/,
  )
  assert.match(
    await good(line, 'push', '--deploy'),
    /> deploy version 1\nhello: version 1 is deployed\n {2}http.*\/hooks\//,
  )
  assert.equal(await good(line, 'push', '--deploy'), 'hello\n  nothing to change\n')
  assert.equal(await good(line, 'diff'), 'No difference.\n')
  edit(line, 'hello/workflow.py', 'Hello', 'Hi')
  assert.match(await bad(line, 1, 'diff', 'hello'), /^--- server\/workflow\.py\n\+\+\+ hello\/workflow\.py\n/m)
  assert.deepEqual(JSON.parse(await bad(line, 1, 'diff', '--json')).data[0].files, ['workflow.py'])
  const pushed = JSON.parse(await good(line, 'push', 'hello', '--deploy', '--json')).data[0]
  assert.deepEqual([pushed.folder, pushed.version, pushed.deployed_version], ['hello', 2, 2])
  writeFileSync(join(line.cwd, 'r.json'), '{"body": {"name": "Eve", "n": 9223372036854775808}}')
  const ran = JSON.parse(await good(line, 'run', 'hello', '--request', 'r.json', '--json'))
  assert.deepEqual([ran.status, ran.response.body, ran.version], ['succeeded', 'Hi, Eve', 2])
  assert.match(ran.request.body, /9223372036854775808/)
  assert.match(await good(line, 'rollback', 'hello'), /^Version 1 is deployed \(before: 2\)/)
  assert.equal(
    await good(line, 'diff', 'hello'),
    'No difference.\nhello: the folder is version 2, and version 1 is deployed.\n',
  )
  assert.match(await bad(line, 1, 'diff', 'hello', '--deployed'), /^-.*Hello[\s\S]*^\+.*Hi/m)
  assert.match(await bad(line, 1, 'rollback', 'hello'), /none before it/)
  assert.match(await good(line, 'versions', 'hello'), /^2 .*Pushed\n1 {2}deployed .*\n$/)
  assert.match(await good(line, 'deploy', 'hello', '--version', '2'), /^Version 2 is deployed/)
  assert.equal(JSON.parse(await good(line, 'versions', 'hello', '--json')).data[0].deployed, true)
  assert.match(await good(line, 'replay', ran.id), /Hi, Eve/)
  assert.match(await good(line, 'open', 'hello'), new RegExp(`^${server.url}/workflows/wf_\\w+\\n$`))
  edit(line, 'hello/workflow.py', 'return', 'return (')
  assert.match(await bad(line, 1, 'push', '--deploy'), /The code does not load \(line 4\)/)
  assert.match(await bad(line, 1, 'dev', 'hello', '--once'), /SyntaxError/)
})

test('trial runs past requests on the folder, and a canary is started, shown and promoted', async () => {
  const line = open()
  await good(line, 'init', 'tried', '--kind', 'catch')
  await good(line, 'push', '--deploy')
  await good(line, 'run', 'tried', '--request', 'tried/samples/sample.json')
  assert.match(await good(line, 'trial', 'tried'), /^1 run: 1 same \(trial_\w+\)\n$/)
  edit(line, 'tried/workflow.py', 'Hello', 'Hi')
  const changed = await good(line, 'trial', 'tried')
  assert.match(changed, /^changed run_\w+\n {2}\/response\/body: "Hello, Ada" → "Hi, Ada"\n1 run: 1 changed/)
  edit(line, 'tried/workflow.py', 'return', 'raise ValueError("no")\n    return')
  assert.match(await bad(line, 1, 'trial', 'tried', '--last', '1'), /^broken run_[\s\S]*1 run: 1 broken/)
  const { counts } = JSON.parse(await good(line, 'trial', 'tried', '--version', '1', '--json'))
  assert.equal(counts.same, 1)
  assert.match(await bad(line, 2, 'trial', 'tried', '--version', 'one'), /expected the number of a version/)
  edit(line, 'tried/workflow.py', /raise ValueError\("no"\)\n {4}/, '')
  await good(line, 'push')
  assert.match(await good(line, 'canary', 'show', 'tried'), /^No canary\. All calls run version 1\.\n$/)
  assert.match(await bad(line, 2, 'canary', 'start', 'tried', '--version', '2', '--percent', '100'), /from 1 to 99/)
  const started = await good(
    line,
    'canary',
    'start',
    'tried',
    '--version',
    '2',
    '--percent',
    '50',
    '--abort-over',
    '20',
  )
  assert.match(started, /^Version 2 runs 50% of the calls, version 1 the others\.\n/)
  assert.match(await good(line, 'canary', 'abort', 'tried'), /^No canary.*version 1\.\n.*aborted/)
  await good(line, 'canary', 'start', 'tried', '--version', '2')
  assert.match(await good(line, 'canary', 'promote', 'tried'), /^No canary.*version 2\.\n.*promoted/)
})

test('runs show prints the request, the log and the answer of a run', async () => {
  const line = open()
  const source = 'def workflow(r, s):\n    print("seen")\n    return {"status_code": 200, "body": r["name"]}\n'
  const workflow = await createCatch(server, { source })
  const answer = await callHook(workflow, { name: 'Ada' }, { query: '?from=test' })
  const id = answer.headers.get('workflow-run') ?? ''
  const shown = await good(line, 'runs', 'show', id)
  assert.match(
    shown,
    /hook, version 1\nPOST \/hooks\/\S+\?from=test\n\{"name":"Ada"\}\n.* seen\n200\nAda\nsucceeded run_/,
  )
  assert.equal(JSON.parse(await good(line, 'runs', 'show', id, '--json')).id, id)
})

test('JSON modules of a workflow in TypeScript are pulled and pushed; settings of tools beside it are not', async () => {
  const line = open()
  const source =
    "import limits from './limits.json'\nexport default () => ({ status_code: 200, body: String(limits.most) })\n"
  const files = { 'limits.json': '{"most": 7}\n', 'lib/more.json': '[]\n' }
  const made = { name: 'with-data', kind: 'catch', runtime: 'node24' }
  const { id } = await must(server.api<WorkflowBody>('POST', '/api/workflows', made), 201)
  await must(server.api('POST', `/api/workflows/${id}/versions`, { source, files, deploy: true }), 201)
  await good(line, 'pull', 'with-data')
  assert.equal(readFileSync(join(line.cwd, 'with-data/limits.json'), 'utf8'), files['limits.json'])
  writeFileSync(join(line.cwd, 'with-data/package.json'), '{"private": true}\n')
  assert.equal(await good(line, 'diff'), 'No difference.\n')
  edit(line, 'with-data/limits.json', '7', '8')
  const pushed = JSON.parse(await good(line, 'push', '--deploy', '--json')).data[0]
  const { body } = await server.api<{ files: object }>('GET', `/api/workflows/${id}/versions/${pushed.version}`)
  assert.deepEqual(body.files, { ...files, 'limits.json': '{"most": 8}\n' })
})

test('a run that lacks a setting says which settings there were, also in the logs', async () => {
  const line = open()
  const { id } = await createCatch(server, { source: 'def workflow(r, s):\n    return s["TOKN"]\n' })
  const advice = /KeyError: 'TOKN'\. The settings have no keys\nfailed exception run_/
  assert.match(await bad(line, 1, 'run', id, '--request', '{"body": {"name": "Ada"}}'), advice)
  assert.match(await good(line, 'logs', id), advice)
})

test('a run that failed is exit code 1, with its log and traceback, and is found by --failing', async () => {
  const line = open()
  const source = 'def workflow(r, s):\n    print("before")\n    raise ValueError("no")\n'
  const { name, id } = await createCatch(server, { source })
  const said = await bad(line, 1, 'run', String(name))
  assert.match(said, /before\n.*\n?Traceback[\s\S]*ValueError: no\nfailed exception run_/)
  await must(server.api('POST', `/api/workflows/${id}/versions`, { source: 'def workflow(r, s): return 1\n' }), 201)
  await good(line, 'run', id)
  const { data } = JSON.parse(await good(line, 'runs', id, '--failing', '--since', '1h', '--json'))
  assert.deepEqual(
    data.map((run: { code: string }) => run.code),
    ['exception'],
  )
  const listed = await good(line, 'runs', id)
  assert.ok(listed.split('\n').length === 3 && listed.split('\n').every((row) => row.length <= 80), listed)
  assert.match(await good(line, 'logs', id), /before\nValueError: no\nfailed exception run_\w+ .*\nsucceeded run_/)
  assert.match(await bad(line, 1, 'runs', 'nowhere'), /no workflow "nowhere"/)
  assert.match(await bad(line, 2, 'runs', id, '--since', 'soon'), /--since: expected a time/)
})

test('without a name, runs are listed with the names of their workflows', async () => {
  const line = open()
  const { name, id } = await createCatch(server, {
    source: 'def workflow(r, s): return None\n',
    name: 'named in lists',
  })
  await good(line, 'run', id)
  const sleeper = `from workflows import sleep\ndef workflow(r, s): sleep("a while", seconds=3600)\n`
  const { hook_url, id: waitingId } = await createCatch(server, { source: sleeper, name: 'that sleeps' })
  await fetch(hook_url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
  assert.match(await good(line, 'runs'), new RegExp(`run_\\w+ +${name} +succeeded`))
  await until(async () => (await good(line, 'runs', '--waiting')).includes('that sleeps'))
  const { data } = JSON.parse(await good(line, 'runs', '--waiting', '--json'))
  assert.deepEqual(
    data.map((run: { workflow_id: string }) => run.workflow_id),
    [waitingId],
  )
  await must(server.api('PATCH', `/api/workflows/${waitingId}`, { archived: true, cancel_waiting: true }), 200)
})

test('dead letters are listed, shown, replayed on what is deployed now, and dismissed', async () => {
  const line = open()
  const source = 'def workflow(r, s):\n    raise ValueError("no " + r["why"])\n'
  const workflow = await createCatch(server, { source, name: 'in the background' })
  assert.equal(await good(line, 'dead-letters', 'list', workflow.id), 'No dead letters.\n')
  const call = async (why: string) => {
    const accepted = await callHook(workflow, { why }, { headers: { prefer: 'respond-async' } })
    return accepted.headers.get('workflow-run') ?? ''
  }
  const runs = [await call('time'), await call('time'), await call('time')]
  const other = await call('room')
  const listed = await until(async () => {
    const out = await good(line, 'dead-letters', 'list', 'in the background')
    return out.includes(' 3 runs ') && out.includes(' 1 run ') && out
  })
  assert.match(listed, /^dead_\w{32} {2}3 runs {2}\d+[sm] ago {2}in the background {2}\S*…$/m)
  assert.ok(listed.split('\n').every((row) => row.length <= 80))
  assert.match(await good(line, 'dead-letters', 'list'), /in the background/)
  const { data } = JSON.parse(await good(line, 'dead-letters', 'list', 'in the background', '--json'))
  type Group = { id: string; count: number; message: string }
  const [group, single] = data.toSorted((one: Group, two: Group) => two.count - one.count)
  assert.deepEqual([group.message, single.last_run_id], ['ValueError: no time', other])
  assert.match(
    await good(line, 'dead-letters', 'show', group.id),
    new RegExp(`^${runs[2]} {2}failed {2}\\d+[sm] ago {2}1 attempt {2}ValueError: no time$`, 'm'),
  )
  const shown = JSON.parse(await good(line, 'dead-letters', 'show', group.id, '--json')).data
  assert.deepEqual(new Set(shown.map(({ id }: RunBody) => id)), new Set(runs))
  const fixed = 'def workflow(r, s):\n    return {"status_code": 200, "body": "mended"}\n'
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: fixed, deploy: true }), 201)
  const first = ['dead-letters', 'replay', group.id, '--run', String(runs[0])]
  assert.equal(await good(line, ...first), '1 run replayed, 2 remaining.\n')
  assert.match(await bad(line, 1, ...first), /The group has no run "run_/)
  const dismissed = JSON.parse(
    await good(line, 'dead-letters', 'dismiss', group.id, '--run', String(runs[1]), '--json'),
  )
  assert.deepEqual(dismissed, { dismissed: 1 })
  assert.equal(await good(line, 'dead-letters', 'replay', group.id), '1 run replayed.\n')
  assert.match(await bad(line, 1, 'dead-letters', 'replay', group.id), /no group of dead letters/)
  assert.match(await bad(line, 1, 'dead-letters', 'show', group.id), /has no runs \(any more\)/)
  assert.equal(await good(line, 'dead-letters', 'dismiss', single.id), '1 dead letter dismissed.\n')
  await until(async () => (await good(line, 'runs', workflow.id)).split('succeeded').length === 3)
  assert.match(await good(line, 'replay', other), /mended/, 'a dismissed run stays')
})

test('replay continues a failed run from its steps, on a version', async () => {
  const line = open()
  const source = (end: string) =>
    `from workflows import step\ndef workflow(r, s):\n    print("one is", step("one", lambda: 1))\n    ${end}\n`
  const workflow = await createCatch(server, { source: source('raise ValueError("no")') })
  const failed = (await callHook(workflow, {})).headers.get('workflow-run') ?? ''
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: source('return') }), 201)
  const said = await good(line, 'replay', failed, '--from-steps', '--version', '2')
  const next = /^(run_\w+) continues from the steps of run_\w+\.\n$/.exec(said)?.[1] ?? assert.fail(said)
  await until(async () => (await server.api<RunBody>('GET', `/api/runs/${next}`)).body.status === 'succeeded')
  assert.match(await good(line, 'runs', 'show', next), /version 2/)
  assert.match(await bad(line, 1, 'replay', next, '--from-steps'), /succeeded/)
  assert.match(await bad(line, 2, 'replay', failed, '--version', 'two'), /expected the number of a version/)
  assert.match(await bad(line, 1, 'replay', failed, '--version', '1'), /one is 1[\s\S]*ValueError: no/)
})

test('workflows are listed with what they run', async () => {
  const line = open()
  const { id } = await createCatch(server, { source: 'def workflow(r, s): pass', name: 'from the career site' })
  await createCatch(server, { source: 'def workflow(r, s): pass', name: 'asleep' })
  const listed = await good(line, 'list')
  assert.match(listed, new RegExp(`^${id} +catch +version 1 +from the career site$`, 'm'))
  const json = JSON.parse(await good(line, 'list', '--json'))
  const asleep = json.data.find(({ name }: WorkflowBody) => name === 'asleep')
  await must(server.api('PATCH', `/api/workflows/${asleep.id}`, { enabled: false }), 200)
  assert.match(await good(line, 'list'), /version 1, disabled +asleep$/m)
  assert.match(await bad(line, 1, 'runs', 'nowhere'), /"workflows list" shows/)
})

test('connections are listed, tested and disconnected', async () => {
  const line = open()
  assert.match(await good(line, 'connections', 'list'), /^There is no connection\./)
  const token_url = 'https://127.0.0.1:9/token'
  const fields = { provider: 'oauth2', client_id: 'client', client_secret: 'a secret of the client', token_url }
  const body = { ...fields, name: 'ats', grant: 'client_credentials' }
  await must(server.api('POST', '/api/connections', body), 201)
  const listed = await good(line, 'connections', 'list')
  assert.match(listed, /^ats +oauth2 +new +0 workflows\n$/)
  const json = await good(line, 'connections', 'list', '--json')
  assert.equal(JSON.parse(json).data[0].name, 'ats')
  assert.doesNotMatch(json, /a secret of the client/)
  assert.match(await bad(line, 1, 'connections', 'test', 'ats'), /could not be refreshed/)
  assert.equal(await good(line, 'connections', 'disconnect', 'ats'), 'ats is disconnected.\n')
  assert.match(await bad(line, 1, 'connections', 'test', 'nowhere'), /no connection "nowhere"/)
})

test('private addresses are opened for workflows, listed and closed', async () => {
  const line = open()
  await createCatch(server, { source: 'def workflow(r, s): pass', name: 'to the CRM' })
  assert.equal(await good(line, 'network', 'list'), 'Functions may reach no private address.\n')
  assert.equal(
    await good(line, 'network', 'allow', '10.20.0.0/16:443', '--workflow', 'to the CRM', '--note', 'the CRM'),
    '10.20.0.0/16:443 is open for to the CRM.\n',
  )
  assert.equal(await good(line, 'network', 'allow', 'crm.lan:80'), 'crm.lan:80 is open for all workflows.\n')
  assert.match(
    await good(line, 'network', 'list'),
    /10\.20\.0\.0\/16:443 +1 workflow +the CRM\n.*crm\.lan:80 +all workflows/,
  )
  assert.match(await bad(line, 1, 'network', 'allow', '127.0.0.1:80'), /loopback/)
  await good(line, 'network', 'remove', '10.20.0.0/16:443')
  await good(line, 'network', 'remove', 'crm.lan:80')
  assert.deepEqual(JSON.parse(await good(line, 'network', 'list', '--json')).internal, [])
  assert.match(await bad(line, 1, 'network', 'remove', 'crm.lan:80'), /no internal host "crm.lan:80"/)
})

test('settings are listed, read, set and deleted; secrets are never shown', async () => {
  const line = open()
  const { id } = await createCatch(server, { source: 'def workflow(r, s): pass', settings: { N: 5 } })
  await good(line, 'settings', 'set', id, 'NAME', 'Ada L')
  assert.equal((await line.run(['settings', 'set', id, 'TOKEN', '--secret'], { input: 'a-secret-value\n' })).code, 0)
  await good(line, 'settings', 'set', id, 'BIG', '{"n": 9223372036854775808}', '--as-json')
  assert.equal(
    await good(line, 'settings', 'list', id),
    'BIG    {"n": 9223372036854775808}\nN      5\nNAME   Ada L\nTOKEN  (secret)\n',
  )
  assert.equal(await good(line, 'settings', 'get', id, 'NAME'), 'Ada L\n')
  assert.match(await bad(line, 1, 'settings', 'get', id, 'TOKEN'), /is a secret/)
  await good(line, 'settings', 'unset', id, 'NAME')
  assert.match(await bad(line, 1, 'settings', 'unset', id, 'NAME'), /no setting "NAME"/)
  assert.match(await bad(line, 1, 'settings', 'get', id, 'NAME'), /no setting "NAME"/)
  assert.match(await bad(line, 2, 'settings', 'set', id, 'X', '{', '--as-json'), /expected JSON/)
  const { data } = JSON.parse(await good(line, 'settings', 'list', id, '--json'))
  assert.deepEqual(data.map((one: { key: string; value: unknown }) => [one.key, one.value]).slice(1), [
    ['N', 5],
    ['TOKEN', null],
  ])
})

test('two people, one workflow: a stale push fails with both sides and changes nothing', async () => {
  const [ada, bob] = [open(), open()]
  await good(ada, 'init', 'shared', '--kind', 'catch')
  await good(ada, 'push', '--deploy')
  await good(bob, 'pull', 'shared')
  await good(ada, 'settings', 'set', 'shared', 'CURSOR', '7')
  edit(bob, 'shared/workflow.py', 'Hello', 'Bonjour')
  edit(bob, 'shared/settings.env', /$/, 'NEW=1\n')
  await good(bob, 'push', '--deploy')
  edit(ada, 'shared/workflow.py', 'Hello', 'Hola')
  const before = await readWorkflow(JSON.parse(readFileSync(join(ada.cwd, 'shared/.workflows/state.json'), 'utf8')).id)
  const said = await bad(ada, 1, 'push', '--deploy')
  assert.match(said, /shared: stale\. The server was changed/)
  assert.match(said, /^\+.*Bonjour/m)
  assert.match(said, /^\+.*Hola/m)
  assert.match(said, /Nothing was changed/)
  assert.deepEqual(await readWorkflow(before.id), before)
  assert.match(await bad(ada, 1, 'pull', 'shared'), /changes that were not pushed: workflow\.py/)
  assert.match(readFileSync(join(ada.cwd, 'shared/workflow.py'), 'utf8'), /Hola/)
  await good(ada, 'push', '--force', '--deploy')
  const keys = JSON.parse(await good(ada, 'settings', 'list', 'shared', '--json')).data
  assert.deepEqual(
    keys.map((one: { key: string; value: unknown }) => [one.key, one.value]),
    [
      ['CURSOR', '7'],
      ['NEW', '1'],
    ],
    'settings of others stay',
  )
  assert.equal(await good(ada, 'push'), 'shared\n  nothing to change\n')
  assert.match(await good(bob, 'pull'), /^shared: updated$/m)
  assert.match(readFileSync(join(bob.cwd, 'shared/workflow.py'), 'utf8'), /Hola/)
})

test('settings that runs change are no conflict, and are not set back', async () => {
  const line = open()
  await good(line, 'init', 'counter', '--kind', 'pull')
  // No tick shall count too.
  edit(line, 'counter/workflow.yaml', /schedule:[\s\S]*/, '')
  await good(line, 'push', '--deploy')
  await good(line, 'run', 'counter')
  edit(line, 'counter/workflow.py', '"run"', '"run number"')
  await good(line, 'push', '--deploy')
  assert.match(await good(line, 'run', 'counter'), /run number 2/)
  await good(line, 'pull', '--force', 'counter')
  assert.doesNotMatch(readFileSync(join(line.cwd, 'counter/settings.env'), 'utf8'), /count/)
  assert.match(await good(line, 'settings', 'list', 'counter'), /State, written by the function:\ncount +2/)
  await good(line, 'pull', '--state', 'counter')
  edit(line, 'counter/settings.env', /count=2 # json/, 'count=10 # json')
  await good(line, 'run', 'counter')
  assert.match(await bad(line, 1, 'push'), /stale[\s\S]*setting count/)
  await good(line, 'pull', '--force', 'counter')
  edit(line, 'counter/settings.env', /count=3 # json\n/, '')
  assert.match(await good(line, 'push'), /- settings\/count: "?3/)
  assert.match(await good(line, 'run', 'counter'), /run number 1/)
})

test('the value of a secret in settings.env is set, and is not in what is pulled', async () => {
  const line = open()
  await good(line, 'init', 'parse', '--template', 'resume-by-url')
  edit(line, 'parse/settings.env', 'API_KEY= # secret', 'API_KEY=ask_0123456789 # secret')
  const said = await good(line, 'push')
  assert.ok(!said.includes('ask_0123'))
  assert.equal(await good(line, 'push'), 'parse\n  nothing to change\n')
  assert.equal(await good(line, 'diff'), 'No difference.\n')
  rmSync(join(line.cwd, 'parse'), { recursive: true })
  await good(line, 'pull', 'parse')
  assert.match(readFileSync(join(line.cwd, 'parse/settings.env'), 'utf8'), /^API_KEY= # secret$/m)
})

test('a copy of a folder becomes a workflow of its own; links and other files are left alone', async () => {
  const line = open()
  await good(line, 'init', 'one', '--kind', 'catch')
  await good(line, 'push')
  cpSync(join(line.cwd, 'one'), join(line.cwd, 'two'), { recursive: true })
  edit(line, 'two/workflow.yaml', 'name: one', 'name: two # a comment')
  writeFileSync(join(line.cwd, 'two/README.md'), 'mine')
  symlinkSync('/etc/hostname', join(line.cwd, 'two/link.py'))
  assert.match(await good(line, 'push', 'two'), /\+ new workflow/)
  const { data } = (await server.api<{ data: readonly { name: string }[] }>('GET', '/api/workflows?limit=2')).body
  assert.deepEqual(
    data.map(({ name }) => name),
    ['two', 'one'],
  )
  assert.match(await good(line, 'pull', 'two'), /^two: up to date$/m)
  assert.match(readFileSync(join(line.cwd, 'two/workflow.yaml'), 'utf8'), /# a comment/)
  assert.equal(readFileSync(join(line.cwd, 'two/README.md'), 'utf8'), 'mine')
  const reader = open({
    ...env,
    WORKFLOWS_API_KEY: (
      await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'r', scopes: ['read'] }), 201)
    ).key,
  })
  await good(reader, 'pull', 'two')
  appendFileSync(join(reader.cwd, 'two/workflow.py'), '# mine\n')
  assert.match(await bad(reader, 1, 'push', 'two'), /Not allowed/)
})

test('dev gives a function answers where others wait, or waits', async () => {
  const line = open()
  await good(line, 'init', 'waits', '--kind', 'catch')
  writeFileSync(
    join(line.cwd, 'waits/workflow.py'),
    'from workflows import wait_for\ndef workflow(_request, settings):\n    print("signed", wait_for("signed", within="1h")["by"])\n',
  )
  const dev = ['dev', 'waits', '--once']
  assert.match(await bad(line, 1, ...dev), /The test has no answer for "signed"/)
  writeFileSync(join(line.cwd, 'answers.json'), '{"signed": {"by": "Eve"}}')
  for (const answers of ['answers.json', '{"signed": {"by": "Eve"}}'])
    assert.match(await good(line, ...dev, '--answers', answers), /signed Eve/)
  assert.match(await bad(line, 1, ...dev, '--answers', '{'), /--answers: expected JSON such as/)
  assert.match(await bad(line, 1, ...dev, '--answers', 'none.json'), /none\.json can't be read/)
  const out = await good(line, ...dev, '--real-waits')
  assert.match(out, /waits for event "signed" until [\s\S]*waiting run_/)
  const run = /run_\w+/.exec(out)?.[0]
  await must(server.api('POST', `/api/runs/${run}/events/signed`, { body: { by: 'Max' } }), 202)
  const ended = async () => (await must(server.api<RunBody>('GET', `/api/runs/${run}`), 200)).status === 'succeeded'
  await until(ended)
})

test('dev runs the code again on each save, and ends on Ctrl-C', async () => {
  const line = open()
  await good(line, 'init', 'watched', '--kind', 'catch')
  const running = line.start(['dev', 'watched'])
  await until(async () => running.output().includes('Watching.'))
  edit(line, 'watched/workflow.py', 'Hello', 'Bonjour')
  await until(async () => running.output().includes('Bonjour, Ada'))
  edit(line, 'watched/workflow.py', 'return', 'return (')
  await until(async () => running.output().includes('SyntaxError'))
  running.process.kill('SIGINT')
  assert.equal((await running.ended).code, 0)
})

test('logs -f prints the lines of runs as they come, and ends on Ctrl-C', async () => {
  const line = open()
  const source = 'import time\ndef workflow(r, s):\n    print("one")\n    time.sleep(0.3)\n    print("two")\n'
  const workflow = await createCatch(server, { source })
  await callHook(workflow, {})
  const running = line.start(['logs', workflow.id, '-f'])
  await until(async () => running.output().includes('succeeded'))
  await callHook(workflow, {})
  await callHook(workflow, {})
  await until(async () => running.output().split('succeeded run_').length === 4)
  running.process.kill('SIGINT')
  const { code, out } = await running.ended
  assert.equal(code, 0)
  assert.equal(out.split(/ one\n.* two\nsucceeded /).length, 4, out)
})
