/** `workflows import`: what becomes of workflows of other products, on a real server. */

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { type CommandLine, createCommandLine } from '../helpers/command-line.ts'
import { shareServer } from '../helpers/shared-servers.ts'
import { callHook, must, runOf, type WorkflowBody } from '../helpers/workflows.ts'

const server = await shareServer()
const line = createCommandLine({ WORKFLOWS_URL: server.url, WORKFLOWS_API_KEY: server.apiKey })
after(async () => {
  await server.close()
  line.remove()
})

function write(cli: CommandLine, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cli.cwd, path)), { recursive: true })
    writeFileSync(join(cli.cwd, path), text)
  }
}

type Report = { folder: string; carried_over: string[]; not_carried_over: string[] }
async function bring(...args: readonly string[]): Promise<Report> {
  const { code, out, err } = await line.run(['import', ...args, '--json'])
  assert.equal(code, 0, err)
  return JSON.parse(out)
}

/** Deploys the folder, and returns the workflow. */
async function deploy(folder: string): Promise<WorkflowBody> {
  const { code, out, err } = await line.run(['push', folder, '--deploy'])
  assert.equal(code, 0, out + err)
  const { data } = await must(server.api<{ data: WorkflowBody[] }>('GET', `/api/workflows?q=${folder}`), 200)
  const [found] = data
  assert.ok(found)
  return found
}

const PIPEDREAM = {
  'export/workflow.yaml': `schema: workflow/2022.04
name: candidate-mail
settings:
  lambda_timeout: 20
triggers:
- id: hi_abc123
steps:
- namespace: check
  runtime: python3.12
  uses: "./check/entry.py"
- namespace: old
  disabled: true
  runtime: python3.12
  uses: "./check/entry.py"
- namespace: answer
  runtime: python3.12
  uses: "./answer/entry.py"
  props:
    greeting: "Hello {{steps.check.$return_value.name}}"
    first: "{{steps.check.$return_value.tags[0]}}"
    mailer:
      authProvisionId: apn_1
`,
  'export/check/entry.py': `import os
def handler(pd: "pipedream"):
    body = pd.steps["trigger"]["event"]["body"]
    if body.get("stop"):
        return pd.flow.exit("stopped")
    pd.export("region", os.environ["REGION"])
    return {"name": body["name"], "tags": body["tags"]}
`,
  'export/answer/entry.py': `def handler(pd: "pipedream"):
    token = pd.inputs["mailer"]["$auth"]["api_key"]
    pd.respond({"status": 201, "headers": {"X-Region": pd.steps["check"]["region"]}, "body": {"text": pd.inputs["greeting"], "first": pd.inputs["first"], "token": token}})
`,
}

test('a Pipedream workflow of Python steps answers as it did, with its accounts and variables from settings', async () => {
  write(line, PIPEDREAM)
  const { folder, not_carried_over } = await bring('pipedream', 'export')
  assert.equal(folder, 'candidate-mail')
  assert.ok(not_carried_over.some((one) => one.includes('the value of MAILER_API_KEY')))
  assert.ok(not_carried_over.some((one) => one.includes('step 2 was disabled')))
  assert.match(readFileSync(join(line.cwd, folder, 'settings.env'), 'utf8'), /^REGION= # secret$/m)
  assert.match(readFileSync(join(line.cwd, folder, 'IMPORT.md'), 'utf8'), /## Not carried over\n\n- its URL/)
  const workflow = await deploy(folder)
  assert.equal(workflow['timeout_seconds'], 20)
  for (const [key, value] of [
    ['REGION', 'eu'],
    ['MAILER_API_KEY', 'a-long-key'],
  ])
    await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/${key}`, { value }), 200)
  const answer = await callHook(workflow, { name: 'Ada', tags: ['hr'] })
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.headers.get('x-region'), 'eu')
  assert.deepEqual(JSON.parse(answer.text), { text: 'Hello Ada', first: 'hr', token: 'a-long-key' })
  assert.match((await callHook(workflow, { stop: true })).text, /"status":"succeeded"/)
})

test('an action of the registry is named in the report, and ends the run in its place', async () => {
  write(line, {
    'timer/workflow.yaml':
      'schema: workflow/2022.04\nname: nightly\ntriggers:\n- id: ti_1\nsteps:\n- namespace: one\n  uses: "./one/entry.py"\n- namespace: mail\n  uses: email-send@0.4.4\n  props:\n    text: "{{Date.now()}}"\n',
    'timer/one/entry.py': 'def handler(pd):\n    print("one", pd.steps["trigger"]["event"]["timestamp"] > 0)\n',
  })
  const { folder, not_carried_over } = await bring('pipedream', 'timer/workflow.yaml')
  assert.ok(not_carried_over.includes('step mail: the action email-send@0.4.4'))
  assert.ok(not_carried_over.some((one) => one.startsWith('when the schedule ticks')))
  const workflow = await deploy(folder)
  assert.equal(workflow.kind, 'pull')
  const run = await must(server.api<{ message: string }>('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
  assert.match(run.message, /The step mail was the action email-send@0\.4\.4: write it in workflow\.py/)
})

test('the steps of a Node workflow become modules that run one after the other, each with its own imports', async () => {
  write(line, {
    'node/workflow.yaml':
      'schema: workflow/2022.04\nname: node-steps\ntriggers:\n- id: hi_1\nsteps:\n- namespace: a\n  uses: "./a/entry.js"\n- namespace: b\n  uses: "./b/entry.js"\n  props:\n    who: "{{steps.a.$return_value}}"\n    cache:\n      storeId: ds_1\n',
    'node/a/entry.js':
      'import { createHash } from "crypto"\nimport { axios, ConfigurationError as Wrong } from "@pipedream/platform"\nconst word = "hash"\nexport default defineComponent({ async run({ steps, $ }) { $.export("axios", typeof axios); $.export("x", createHash("sha256").update(word).digest("hex").length); return steps.trigger.event.body.name } })\n',
    'node/b/entry.js':
      'import axios, { resolve } from "node:path"\nconst word = resolve("/b", axios.sep, "b").slice(1)\nexport default defineComponent({\n  props: { who: { type: "string" }, cache: { type: "data_store" } },\n  methods: { hello(n) { return "Hello " + n } },\n  async run({ steps, $ }) { await this.cache.set("n", ((await this.cache.get("n")) ?? 0) + 1); await $.respond({ status: 202, body: this.hello(this.who) + steps.a.x + word + steps.a.axios }); return $.flow.exit("done") },\n})\n',
  })
  const { folder } = await bring('pipedream', 'node')
  const file = join(line.cwd, folder, 'workflow.ts')
  const { default: workflow } = await import(file)
  const request = {
    method: 'POST',
    url: 'http://hooks.example',
    query: {},
    headers: { 'Content-Type': 'application/json' },
    body: new TextEncoder().encode('{"name":"Ada"}'),
  }
  const settings = { CACHE_N: 1 }
  assert.deepEqual(await workflow(request, settings), { status_code: 202, headers: {}, body: 'Hello Ada64bfunction' })
  assert.equal(settings.CACHE_N, 2)
  assert.match(readFileSync(join(line.cwd, folder, 'workflow.yaml'), 'utf8'), /runtime: node24/)
})

const LAMBDA = `import json, os
import helper
STAGE = os.environ["STAGE"]
def lambda_handler(event, context):
    body = json.loads(event.get("body") or "{}")
    if body.get("plain"):
        return {"hello": helper.upper(body["name"])}
    return {"statusCode": 201, "headers": {"X-Stage": STAGE}, "body": json.dumps({
        "method": event["requestContext"]["http"]["method"], "type": event["headers"]["content-type"],
        "q": event["queryStringParameters"]["q"], "left": context.get_remaining_time_in_millis() > 0})}
`

test('a Lambda handler gets the event of a function URL, and its answer is the answer of the hook', async () => {
  write(line, {
    'fn/app.py': LAMBDA,
    'fn/helper.py': 'def upper(text):\n    return text.upper()\n',
    'fn/requirements.txt': 'requests>=2 # http\n-r other.txt\n',
  })
  const { folder, carried_over, not_carried_over } = await bring('lambda', 'fn', '--name', 'old-lambda')
  assert.ok(carried_over.some((one) => one.includes('packages requests>=2 (of requirements.txt)')))
  assert.ok(not_carried_over.some((one) => one.startsWith('the value of STAGE')))
  const source = readFileSync(join(line.cwd, folder, 'workflow.py'), 'utf8')
  assert.match(source, /^ {4}from app import lambda_handler/m)
  writeFileSync(join(line.cwd, folder, 'workflow.py'), source.replace(/^# \/\/\/ script[\s\S]*?# \/\/\/\n+/, ''))
  const workflow = await deploy(folder)
  await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/STAGE`, { value: 'prod' }), 200)
  const answer = await callHook(workflow, {}, { query: '?q=1' })
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.headers.get('x-stage'), 'prod')
  assert.deepEqual(JSON.parse(answer.text), { method: 'POST', type: 'application/json', q: '1', left: true })
  assert.equal((await callHook(workflow, { plain: 1, name: 'ada' })).text, '{"hello": "ADA"}')
})

test('a Lambda handler whose file has a name that no Python module can have is renamed, and answers', async () => {
  write(line, {
    'numbered/01-mail.py': 'import requests_\ndef lambda_handler(event, context):\n    return {"n": requests_.N}\n',
    'numbered/requests_.py': 'N = 7\n',
    'numbered/__init__.py': '',
    'numbered/email/__init__.py': '',
  })
  const { folder, carried_over, not_carried_over } = await bring(
    'lambda',
    'numbered',
    '--name',
    'renamed',
    '--handler',
    '01-mail.lambda_handler',
  )
  assert.match(carried_over[0] ?? '', /^the handler 01-mail\.lambda_handler/)
  assert.deepEqual(
    not_carried_over.filter((one) => one.startsWith('the name of')),
    [
      'the name of 01-mail.py, which no Python module can have: it is _01_mail.py now',
      'the name of email/__init__.py, which is taken: it is email_/__init__.py now. Write the new name where it is imported',
    ],
  )
  assert.equal((await callHook(await deploy(folder), {})).text, '{"n": 7}')
})

const SCRIPT_LAMBDA = {
  'js/index.js': `'use strict'
const crypto = require('crypto')
const fetch = require('node-fetch')
const { upper } = require('./lib/text')
const limits = require('./limits.json')
const { STAGE } = process.env
exports.handler = async (event, context) => {
  const body = JSON.parse(event.body || '{}')
  if (body.fail) undefined.member
  if (body.plain) return { hello: upper(body.name) }
  return { statusCode: 201, headers: { 'X-Stage': STAGE }, cookies: ['a=1', 'b=2'], body: JSON.stringify({
    method: event.requestContext.http.method, type: event.headers['content-type'], q: event.queryStringParameters.q,
    hash: crypto.createHash('sha256').update('').digest('hex').length, left: context.getRemainingTimeInMillis() > 0,
    fetch: typeof fetch, most: limits.most }) }
}
`,
  'js/lib/text.js': 'exports.upper = (text) => text.toUpperCase()\n',
  'js/limits.json': '{"most": 7}\n',
  'js/package.json': '{"dependencies": {"axios": "^1.7.0"}}\n',
  'js/unused.js': 'import axios from "axios"\n',
}

test('a Lambda handler in CommonJS becomes a workflow of node24', async () => {
  write(line, SCRIPT_LAMBDA)
  const { folder, carried_over, not_carried_over } = await bring('lambda', 'js', '--name', 'script-lambda')
  assert.deepEqual(carried_over, [
    'the handler index.handler and 3 modules; events as of a function URL',
    'no packages besides those of every workflow',
  ])
  assert.ok(not_carried_over.some((one) => one.startsWith('the value of STAGE')))
  const workflow = await deploy(folder)
  assert.equal(workflow['runtime'], 'node24')
  await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/STAGE`, { value: 'prod' }), 200)
  const answer = await callHook(workflow, {}, { query: '?q=1' })
  assert.equal(answer.status, 201, answer.text)
  assert.equal(answer.headers.get('x-stage'), 'prod')
  const seen = { method: 'POST', type: 'application/json', q: '1', hash: 64, left: true, fetch: 'function', most: 7 }
  assert.deepEqual(JSON.parse(answer.text), seen)
  assert.equal((await callHook(workflow, { plain: 1, name: 'ada' })).text, '{"hello":"ADA"}')
  const run = await runOf(server, await callHook(workflow, { fail: 1 }))
  assert.match(run.traceback ?? '', /index\.js:9/)
})

test('a Lambda handler in TypeScript keeps its imports, and one with a callback answers', async () => {
  write(line, {
    'ts/app.ts': `import type { Context } from 'aws-lambda'
import { APIGatewayProxyEvent } from 'aws-lambda'
import { join } from './join.js'
export const lambdaHandler = async (event: APIGatewayProxyEvent, context: Context) => {
  return { statusCode: 200, headers: { 'Content-Type': 'text/plain' }, multiValueHeaders: { 'X-Two': ['a', 'b'] }, body: join(event.httpMethod, event.path) }
}
`,
    'ts/join.ts': 'export const join = (...parts: string[]): string => parts.join(" ")\n',
    'old.js':
      'exports.handler = function (event, context, callback) {\n  setTimeout(() => callback(null, { statusCode: 202, body: { later: true } }), 1)\n}\n',
  })
  const { folder, carried_over } = await bring('lambda', 'ts', '--name', 'typed')
  assert.ok(carried_over.some((one) => one.startsWith('fields of payload version 1.0')))
  const answer = await callHook(await deploy(folder), {})
  assert.deepEqual([answer.status, answer.text, answer.headers.get('x-two')], [200, 'POST /', 'a, b'])
  const { folder: old } = await bring('lambda', 'old.js', '--name', 'callback')
  const later = await callHook(await deploy(old), {})
  assert.deepEqual([later.status, later.text], [202, '{"later":true}'])
})

test('a Lambda handler that was invoked, not called by HTTP, gets the body as its event', async () => {
  write(line, {
    'invoked.py': 'def lambda_handler(event, context):\n    return {"status": "ok", "total": sum(event["items"])}\n',
    'invoked.mjs': 'export const handler = async ({ ...event }) => ({ total: event.items.length })\n',
    'records.py': 'import boto3\n\ndef lambda_handler(event, context):\n    return {"count": len(event["Records"])}\n',
    'requirements.txt': 'PyYAML==6.0.2\n',
  })
  for (const [file, text] of [
    ['invoked.py', '{"status": "ok", "total": 3}'],
    ['invoked.mjs', '{"total":2}'],
  ] as const) {
    const { folder, carried_over } = await bring('lambda', file, '--name', file.replace('.', '-'))
    assert.match(carried_over[0] ?? '', /the event is the JSON of the body/)
    if (file === 'invoked.py') {
      const path = join(line.cwd, folder, 'workflow.py')
      writeFileSync(path, readFileSync(path, 'utf8').replace(/^# \/\/\/ script[\s\S]*?# \/\/\/\n+/, ''))
    }
    assert.equal((await callHook(await deploy(folder), { items: [1, 2] })).text, text)
  }
  const { carried_over, not_carried_over } = await bring('lambda', 'records.py')
  assert.ok(carried_over.includes('packages PyYAML==6.0.2, boto3 (of requirements.txt)'))
  assert.ok(not_carried_over.some((one) => one.startsWith('events of S3, SNS, SQS')))
})

test('packages of npm are named with their versions, and modules outside of the folder are reported', async () => {
  write(line, {
    'npm/index.mjs':
      'import axios from "axios"\nimport { PutObjectCommand } from "@aws-sdk/client-s3"\nimport { z } from "zod"\nimport ky from "ky/distribution"\nimport other from "../other.mjs"\nimport "./last.js"\nexport const handler = async (event) => event.Records\n',
    'npm/last.ts': 'import * as _ from "lodash"\n\nexport const last = _.last\n',
    'npm/package.json':
      '{"dependencies": {"axios": "^1.7.0", "@aws-sdk/client-s3": "git+ssh://somewhere", "zod": "latest"}, "devDependencies": {"ky": ">=1.2 <2"}}\n',
  })
  const { folder, carried_over, not_carried_over } = await bring('lambda', 'npm', '--name', 'packages')
  const source = readFileSync(join(line.cwd, folder, 'index.mjs'), 'utf8')
  assert.match(source, /from "npm:axios@\^1\.7\.0"\nimport .* from "npm:@aws-sdk\/client-s3@\*"/)
  assert.match(source, /from "npm:zod@\*"\nimport ky from "npm:ky@>=1\.2%20<2\/distribution"/)
  const typed = readFileSync(join(line.cwd, folder, 'last.ts'), 'utf8')
  assert.match(typed, /^import \* as ___ from "npm:lodash@\*"; const _ = ___\['module\.exports'\] \?\? ___;\n\nexport/)
  assert.ok(carried_over.some((one) => one.includes('packages npm:@aws-sdk/client-s3@*, npm:axios@^1.7.0')))
  assert.ok(not_carried_over.includes('the version of zod: package.json has none, so the newest is taken'))
  for (const start of ['the execution role', 'events of S3, SNS, SQS', 'the module ../other.mjs of index.mjs'])
    assert.ok(
      not_carried_over.some((one) => one.startsWith(start)),
      start,
    )
})

test('what is no export is refused in words', async () => {
  write(line, {
    'no/workflow.yaml': 'name: x\n',
    'no/app.py': 'print(1)\n',
    'empty.js': 'console.log(1)\n',
    'out/workflow.yaml': 'schema: workflow/2022.04\nname: out\nsteps:\n- namespace: a\n  uses: "./../no/app.py"\n',
  })
  for (const [args, problem] of [
    [['pipedream', 'no'], /is no export of Pipedream/],
    [['pipedream', 'out'], /is not beside workflow\.yaml/],
    [['pipedream', 'missing'], /There is no workflow\.yaml/],
    [['lambda', 'no'], /There is no handler\(event, context\)/],
    [['lambda', 'empty.js'], /There is no export handler\(event, context\) in JavaScript/],
    [['lambda', 'fn', '--handler', 'app.other'], /There is no function app\.other/],
    [['lambda', 'fn', '--name', 'old-lambda'], /is there already/],
  ] as const) {
    const { code, err } = await line.run(['import', ...args])
    assert.equal(code, 1)
    assert.match(err, problem)
  }
})
