/**
 * The pages of *Start* and *Guides* and the README, done as they are printed. Shell blocks of a page are one script; a
 * function is deployed and run with the request that the server makes from its code; JSON is a field of a workflow.
 *
 * After the language, a block may say `no-run="why"`, `no-call="why"` (only deployed), `settings="NAME=value"` or `field=NAME`.
 */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { startServer } from '../helpers/server.ts'
import { must, type WorkflowBody } from '../helpers/workflows.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Pages with a test that follows their whole story. */
const TOLD_BY: Readonly<Record<string, string>> = {
  'docs/guides/cli.md': 'test/cli/guides.test.ts',
  'docs/guides/git.md': 'test/cli/guides.test.ts',
  'docs/guides/api.md': 'test/client/guide.test.ts',
}

type Block = { readonly line: number; readonly language: string; readonly info: string; readonly text: string }

const server = await startServer()
after(() => server.close())

const PAGES = ['README.md', ...['docs/start', 'docs/guides', 'docs/fr/start', 'docs/fr/guides'].flatMap(listPages)]

test('each page of Start and Guides shows something that works within its first screen', () => {
  const firstLines = PAGES.slice(1).map(
    (page) => [page, readBlocks(readFileSync(join(ROOT, page), 'utf8'))[0]?.line ?? Infinity] as const,
  )
  assert.deepEqual(
    firstLines.filter(([, line]) => line > 20),
    [],
  )
})

for (const page of PAGES) {
  const told = TOLD_BY[page]
  if (told !== undefined) {
    test(`${page} is followed by ${told}`, () => {
      assert.ok(readFileSync(join(ROOT, told), 'utf8').includes(page))
    })
    continue
  }
  test(`the blocks of ${page} work as they are printed`, async (t) => {
    const blocks = readBlocks(readFileSync(join(ROOT, page), 'utf8')).filter(
      ({ info }) => !/ no-run="[^"]{5,}"/.test(info),
    )
    const workflow = await createWorkflow({ kind: 'catch' })
    await deploy(workflow.id, 'def workflow(request, settings):\n    return {"status_code": 200, "body": "ok"}\n')
    for (const block of blocks.filter(({ language }) => language === 'python' || language === 'ts'))
      await runFunction(block, `${page}:${block.line}`)
    for (const block of blocks.filter(({ language }) => language === 'json')) await setField(workflow.id, block, page)
    const script = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)
    await runScript(t, workflow, script.join('\n'))
    const others = blocks.filter(({ language }) => !['python', 'ts', 'json', 'sh'].includes(language))
    assert.deepEqual(
      others.map(({ line, language }) => `${page}:${line} ${language}`),
      [],
      'a block of another kind says no-run="why"',
    )
  })
}

async function runFunction({ language, info, text }: Block, where: string): Promise<void> {
  const kind = /workflow\(\w+, \w+\)/.test(text) ? 'catch' : 'pull'
  const schedule = kind === 'pull' ? { schedule: { every_seconds: 3600 } } : {}
  const { id } = await createWorkflow({ kind, ...schedule, ...(language === 'ts' ? { runtime: 'node24' } : {}) })
  const [, key, value] = / settings="(\w+)=([^"]*)"/.exec(info) ?? []
  if (key !== undefined) await must(server.api('PUT', `/api/workflows/${id}/settings/${key}`, { value }), 200)
  await deploy(id, text)
  if (/ no-call="[^"]{5,}"/.test(info)) return
  const sample = kind === 'catch' ? await must(server.api('GET', `/api/workflows/${id}/sample-request`), 200) : null
  const { headers, query, body, body_encoding } = (sample ?? {}) as Record<string, unknown>
  const request = sample === null ? {} : { request: { headers, query, body, body_encoding } }
  const run = await must(
    server.api<{ status: string; message: string | null }>('POST', `/api/workflows/${id}/runs`, request),
    200,
  )
  assert.equal(run.status, 'succeeded', `${where}: ${run.message}`)
}

async function setField(id: string, { line, info, text }: Block, page: string): Promise<void> {
  const channel = {
    name: `${page} ${line}`,
    type: 'webhook',
    config: { url: 'https://example.com/alerts', secret: SECRET },
  }
  const known = text.includes('chan_…')
    ? await must(server.api<{ id: string }>('POST', '/api/channels', channel), 201)
    : { id: '' }
  const value: unknown = JSON.parse(text.replaceAll('chan_…', known.id))
  const [, field] = / field=(\w+)/.exec(info) ?? []
  await must(server.api('PATCH', `/api/workflows/${id}`, field === undefined ? value : { [field]: value }), 200)
}

/** A secret of Standard Webhooks: 24 bytes in base64. */
const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`

async function runScript(t: TestContext, workflow: WorkflowBody, text: string): Promise<void> {
  if (text === '') return
  const cwd = mkdtempSync(join(tmpdir(), 'workflows-page-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  const own = text
    .replaceAll(/http:\/\/127\.0\.0\.1:4400|https:\/\/workflows\.example\.com/g, server.url)
    .replaceAll('my-own-key-for-scripts', server.apiKey)
  // Answers from 400 on end the script.
  const script = `set -eu\ncurl() { command curl --fail-with-body "$@"; }\n${own}`
  const { hook_url: hook } = workflow
  const env = { PATH: process.env.PATH, URL: server.url, KEY: server.apiKey, ID: workflow.id, HOOK: String(hook) }
  try {
    await promisify(execFile)('bash', ['-c', script], { cwd, env: { ...env, WORKFLOW_URL: String(hook) } })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    assert.fail(`${script}\n${stdout}\n${stderr}`)
  }
}

const createWorkflow = (fields: object) =>
  must(server.api<WorkflowBody>('POST', '/api/workflows', { name: 'a page', ...fields }), 201)

const deploy = (id: string, source: string) =>
  must(server.api('POST', `/api/workflows/${id}/versions`, { source }), 201)

function listPages(folder: string): readonly string[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md'))
  return names.sort().map((name) => `${folder}/${name}`)
}

/** Blocks may be indented, as parts of a list. */
function readBlocks(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^( *)```(\w*)([^\n]*)\n([\s\S]*?)^ *```$/gm)].map(
    ([whole, indent = '', language = '', info = '', text = '']) => ({
      line: markdown.slice(0, markdown.indexOf(whole)).split('\n').length,
      language: language === 'bash' ? 'sh' : language,
      info,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
}
