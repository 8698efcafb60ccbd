/** Pauses of Pipedream as waits of runs, on a real server, with components as Pipedream's GitHub sync writes them. */

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createCommandLine } from '../../helpers/command-line.ts'
import { ended, runIdOf, stepsOf, textsOf, waiting, wake } from '../../helpers/durable.ts'
import { startHttpTarget } from '../../helpers/http-target.ts'
import { startServer } from '../../helpers/server.ts'
import { callHook, must, type RunBody, type WorkflowBody } from '../../helpers/workflows.ts'

const target = await startHttpTarget()
const server = await startServer({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` } })
const line = createCommandLine({ WORKFLOWS_URL: server.url, WORKFLOWS_API_KEY: server.apiKey })
after(async () => {
  await server.close()
  target.close()
  line.remove()
})

const exportOf = (name: string, extension: string) => `schema: workflow/2022.04
name: ${name}
triggers:
- id: hi_abc123
steps:
- namespace: pause
  uses: "./pause/entry.${extension}"
- namespace: answer
  uses: "./answer/entry.${extension}"
  props:
    by: "{{steps.pause.$resume_data.body.by}}"
    given: "{{steps.pause.$return_value}}"
`

const MANAGER = `http://127.0.0.1:${target.port}`
const NODE = {
  'workflow.yaml': exportOf('node-pauses', 'mjs'),
  'pause/entry.mjs': `import { axios } from "@pipedream/platform"

export default defineComponent({
  async run({ steps, $ }) {
    const { kind, milliseconds, asks, last, retries } = steps.trigger.event.body
    if (kind === "rerun") {
      const { runs, context, callback_request } = $.context.run
      const ran = [...(context?.ran ?? []), runs]
      if (callback_request) return { ran, posted: callback_request.body }
      if (runs === last) return { ran }
      const urls = $.flow.rerun(milliseconds, { ran }, retries)
      if (asks) {
        const { resume_url, cancel_url } = urls
        await axios($, { method: "POST", url: "${MANAGER}/ask", data: { resume_url, cancel_url } })
      }
      return { ran, until: "later" }
    }
    if (kind === "delay" && !asks) return $.flow.delay(milliseconds)
    const { resume_url, cancel_url } = kind === "delay" ? $.flow.delay(milliseconds) : $.flow.suspend(milliseconds)
    await axios($, { method: "POST", url: "${MANAGER}/ask", data: { resume_url, cancel_url } })
    return "asked"
  },
})
`,
  'answer/entry.mjs': `export default defineComponent({
  props: { by: { type: "string", optional: true }, given: { type: "string", optional: true } },
  async run({ steps, $ }) {
    await $.respond({ status: 200, body: { by: this.by ?? null, given: this.given ?? null, name: steps.trigger.event.body.name } })
  },
})
`,
}

const PYTHON = {
  'workflow.yaml': exportOf('python-pauses', 'py')
    .replace(/ {4}by: .*\n {4}given: .*\n/, '')
    .replace('  props:\n', ''),
  'pause/entry.py': `import json
from urllib.request import Request, urlopen

def handler(pd: "pipedream"):
    body = pd.steps["trigger"]["event"]["body"]
    if body["kind"] == "rerun":
        return rerun(pd, body)
    if body["kind"] == "delay" and not body.get("asks"):
        return pd.flow.delay(body["milliseconds"])
    if body["kind"] == "delay":
        urls = pd.flow.delay(body["milliseconds"])
    else:
        urls = pd.flow.suspend(body["milliseconds"]) if "milliseconds" in body else pd.flow.suspend()
    tell(urls if body["kind"] == "delay" else {"resume_url": urls["resume_url"], "cancel_url": urls["cancel_url"]})
    return "asked"

def rerun(pd, body):
    run = pd.context["run"]
    ran = (run["context"] or {"ran": []})["ran"] + [run["runs"]]
    if "callback_request" in run:
        return {"ran": ran, "posted": run["callback_request"]["body"]}
    if run["runs"] == body.get("last"):
        return {"ran": ran}
    given = [body["milliseconds"], {"ran": ran}]
    urls = pd.flow.rerun(*given, body["retries"]) if "retries" in body else pd.flow.rerun(*given)
    if body.get("asks"):
        tell(urls)
    return {"ran": ran, "until": "later"}

def tell(urls):
    data = json.dumps(urls).encode()
    urlopen(Request("${MANAGER}/ask", data=data, headers={"Content-Type": "application/json"})).read()
`,
  'answer/entry.py': `def handler(pd: "pipedream"):
    pause = pd.steps["pause"]
    by = pause.get("$resume_data", {}).get("body", {}).get("by")
    pd.respond({"status": 200, "body": {"by": by, "given": pause.get("$return_value"), "name": pd.steps["trigger"]["event"]["body"]["name"]}})
`,
}

type Urls = { readonly resume_url: string; readonly cancel_url: string }

const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
const answerOf = ({ response }: RunBody) => JSON.parse((response as { body: string }).body)
const kindsOf = ({ waiting_for }: RunBody) => (waiting_for as { kind: string }[] | null)?.map(({ kind }) => kind)

async function deploy(name: string, files: Readonly<Record<string, string>>): Promise<WorkflowBody> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(line.cwd, 'exported', name, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const imported = await line.run(['import', 'pipedream', `exported/${name}`, '--json'])
  assert.equal(imported.code, 0, imported.err)
  assert.doesNotMatch(imported.out, /`(\$|pd)\.flow/)
  assert.match(
    readFileSync(join(line.cwd, name, 'IMPORT.md'), 'utf8'),
    /## Carried over[^#]*- pauses, as waits of the run/,
  )
  const pushed = await line.run(['push', name, '--deploy'])
  assert.equal(pushed.code, 0, pushed.out + pushed.err)
  const { data } = await must(server.api<{ data: WorkflowBody[] }>('GET', `/api/workflows?q=${name}`), 200)
  const [found] = data
  assert.ok(found)
  return found
}

for (const [language, name, files] of [
  ['Node', 'node-pauses', NODE],
  ['Python', 'python-pauses', PYTHON],
] as const) {
  describe(`in ${language}`, async () => {
    const workflow = await deploy(name, files)

    const begin = async (body: object) => runIdOf(await callHook(workflow, { name: 'Ada', ...body }))

    /** Returns the run, and the URLs that its first step has sent. */
    async function beginAsking(body: object): Promise<{ id: string; urls: Urls }> {
      target.asked.length = 0
      const id = await begin({ asks: true, ...body })
      await waiting(server, id)
      return { id, urls: JSON.parse(target.asked[0]?.body ?? '{}') }
    }

    test('a suspended run goes on with what is posted to resume_url, and its steps are not called again', async () => {
      const { id, urls } = await beginAsking({ kind: 'suspend' })
      assert.equal((await post(urls.resume_url, { by: 'Lea' })).status, 202)
      assert.deepEqual(answerOf(await ended(server, id)), { by: 'Lea', given: 'asked', name: 'Ada' })
      assert.equal(target.asked.length, 1)
    })

    test('a suspended run ends without its later steps when something is posted to cancel_url', async () => {
      const { id, urls } = await beginAsking({ kind: 'suspend' })
      assert.equal((await post(urls.cancel_url, {})).status, 202)
      assert.equal((await ended(server, id)).status, 'succeeded')
      const called = (await stepsOf(server, id)).filter(({ kind }) => kind === 'step').map((step) => step.name)
      assert.deepEqual(called, ['pause'])
      assert.match((await textsOf(server, id)).join('\n'), /was cancelled by the cancel_url of the step pause/)
    })

    test('a suspended run that nobody resumes in time fails', async () => {
      const { code, status } = await ended(server, await begin({ kind: 'suspend', milliseconds: 1000 }))
      assert.deepEqual([status, code], ['failed', 'wait_timed_out'])
    })

    test('a delay is a sleep, which a person can end', async () => {
      const id = await begin({ kind: 'delay', milliseconds: 86_400_000 })
      assert.deepEqual(kindsOf(await waiting(server, id)), ['sleep'])
      await wake(server, id)
      assert.deepEqual(answerOf(await ended(server, id)), { by: null, given: null, name: 'Ada' })
    })

    test('a delay whose resume_url is read ends when something is posted to it', async () => {
      const { id, urls } = await beginAsking({ kind: 'delay', milliseconds: 86_400_000 })
      assert.equal((await post(urls.resume_url, { by: 'Lea' })).status, 202)
      assert.deepEqual(answerOf(await ended(server, id)), { by: 'Lea', given: 'asked', name: 'Ada' })
    })

    test('a delay whose resume_url is read goes on when its time is over', async () => {
      const run = await ended(server, await begin({ kind: 'delay', milliseconds: 1, asks: true }))
      assert.deepEqual(answerOf(run), { by: null, given: 'asked', name: 'Ada' })
    })

    test('a step that asks for it runs again after the delay, with its context and the number of its runs', async () => {
      const id = await begin({ kind: 'rerun', milliseconds: 1, last: 3 })
      assert.deepEqual(answerOf(await ended(server, id)).given, { ran: [1, 2, 3] })
      const kinds = (await stepsOf(server, id)).map(({ kind, name }) => `${kind} ${name}`)
      const expected = ['step pause', 'sleep pause', 'step pause', 'sleep pause 2', 'step pause', 'step answer']
      assert.deepEqual(kinds, expected)
    })

    test('the steps after it run when a step has run again as often as it may', async () => {
      const run = await ended(server, await begin({ kind: 'rerun', milliseconds: 1, retries: 1 }))
      assert.deepEqual(answerOf(run).given, { ran: [1, 2], until: 'later' })
    })

    test('a post to resume_url runs the step again at once, and it has the request', async () => {
      const { id, urls } = await beginAsking({ kind: 'rerun', milliseconds: 86_400_000 })
      assert.equal((await post(urls.resume_url, { by: 'Lea' })).status, 202)
      assert.deepEqual(answerOf(await ended(server, id)).given, { ran: [1, 2], posted: { by: 'Lea' } })
    })

    test('a post to cancel_url ends the run instead of running the step again', async () => {
      const { id, urls } = await beginAsking({ kind: 'rerun', milliseconds: 86_400_000 })
      assert.equal((await post(urls.cancel_url, {})).status, 202)
      assert.equal((await ended(server, id)).status, 'succeeded')
      const called = (await stepsOf(server, id)).filter(({ kind }) => kind === 'step').map((step) => step.name)
      assert.deepEqual(called, ['pause'])
    })

    test('a step runs again without a request when its time is over, and each pause has its own URL', async () => {
      target.asked.length = 0
      const run = await ended(server, await begin({ kind: 'rerun', milliseconds: 1, asks: true, last: 3 }))
      assert.deepEqual(answerOf(run).given, { ran: [1, 2, 3] })
      const urls = target.asked.map(({ body }) => JSON.parse(body).resume_url)
      assert.equal(new Set(urls).size, 2)
    })
  })
}
