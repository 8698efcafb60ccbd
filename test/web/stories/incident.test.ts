/**
 * An incident: a service changes its answers, the alert leads to the failed run, and its person proves a fix on the failed
 * requests, sends part of the calls to it, promotes it, and replays what was given up. STORY='narrow fr' tells it on a
 * phone and in French.
 */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type AlertReceiver, startAlertReceiver } from '../../helpers/alert-receiver.ts'
import { NEEDS_BROWSER, openApp, openTab, type Tab } from '../../helpers/browser.ts'
import type { TestServer } from '../../helpers/server.ts'
import { STORY_VIEW, type Story, say, tellStory, writeCode } from '../../helpers/story.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../../helpers/workflows.ts'

const SOURCE = (port: number) => `import json

import requests


def workflow(_request, settings):
    answer = requests.get("http://127.0.0.1:${port}/score/" + _request["name"]).json()
    print("scored", _request["name"])
    return {"status_code": 201, "body": json.dumps({"score": answer["score"]})}
`
const FIXED = (port: number) =>
  SOURCE(port).replace('answer["score"]', '(answer.get("score") or answer["result"]["score"])')
const REPLAY = 'Replay {count, plural, one {# run} other {# runs}}'
const AT_ONCE = { headers: { prefer: 'respond-async' } }

type Twin = { readonly port: number; change(): void; close(): void }

/** Responds with a score. After the change the score is inside `result`. */
async function startTwin(): Promise<Twin> {
  let isChanged = false
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(isChanged ? { result: { score: 7 } } : { score: 7 }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    change: () => (isChanged = true),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

type World = {
  readonly server: TestServer
  readonly tab: Tab
  readonly twin: Twin
  readonly alerts: AlertReceiver
  readonly workflow: WorkflowBody
}

/** A deployed workflow that works, and a channel. */
async function begin(t: TestContext): Promise<World> {
  const [twin, alerts] = [await startTwin(), await startAlertReceiver()]
  const allowed = `127.0.0.1:${twin.port},${new URL(alerts.url).host}`
  const { browser, server, tab: first } = await openApp({ env: { WORKFLOWS_EGRESS_ALLOW: allowed } })
  t.after(async () => {
    await browser.close()
    await server.close()
    twin.close()
    alerts.close()
  })
  const channel = {
    name: 'On call',
    type: 'webhook',
    config: { url: alerts.url, secret: `whsec_${btoa('0123456789abcdef')}` },
  }
  const { id } = await must(server.api<{ id: string }>('POST', '/api/channels', channel), 201)
  const rule = { channels: [id], on: ['failing', 'recovered'], after: 1 }
  await must(server.api('PUT', '/api/system/alerts', rule), 200)
  const source = SOURCE(twin.port)
  const workflow = await createCatch(server, { source, name: 'CV scores', retries: { count: 1, backoff_seconds: 1 } })
  for (const name of ['ada', 'grace']) assert.equal((await callHook(workflow, { name })).status, 201)
  return { server, tab: await openTab(browser, { like: first, ...STORY_VIEW }), twin, alerts, workflow }
}

test('an incident leads from its alert to a proven fix and to replayed dead letters', NEEDS_BROWSER, async (t) => {
  const world = await begin(t)
  const story = tellStory(t, world.tab, 'incident')
  await breakService(world, story)
  await takeOn(world, story)
  await proveFix(world, story)
  await rollOut(world, story)
  await replay(world, story)
  await close(world, story)
  story.end()
})

async function breakService({ server, tab, twin, alerts, workflow }: World, story: Story): Promise<void> {
  twin.change()
  for (const name of ['alan', 'edsger', 'barbara']) await callHook(workflow, { name }, AT_ONCE)
  await until(async () => alerts.received.length === 1)
  const letters = async () => (await must(server.api<{ data: unknown[] }>('GET', '/api/dead-letters'), 200)).data.length
  await until(async () => (await letters()) > 0)
  const [alert] = alerts.received
  assert.deepEqual([alert?.type, alert?.workflow?.name], ['workflow.failing', 'CV scores'])
  story('the service changes, three calls fail, and the alert arrives')
  await tab.page.goto(alert?.run?.url ?? '')
  await tab.page.getByText("KeyError: 'score'").first().waitFor()
  await story.look('the link of the alert: the failed run')
}

async function takeOn({ server, tab: { page }, workflow }: World, story: Story): Promise<void> {
  const run = page.url()
  await page.goto(`${server.url}/dead-letters`)
  const group = page.getByRole('region', { name: /^CV scores/ })
  // "3 sec. ago" begins with 3, too.
  await group.getByText(/^3 .+ · /).waitFor()
  await story.look('the failures are one group of three dead letters')
  await page.goto(`${server.url}/workflows/${workflow.id}`)
  await page.getByRole('button', { name: say('I am on it') }).click()
  await page.getByText(/^Ada/).first().waitFor()
  await story.look('I am on it')
  await page.goto(run)
  await page.getByRole('link', { name: say('Test in editor') }).click()
  await code(page).waitFor()
}

async function proveFix({ tab: { page }, twin }: World, story: Story): Promise<void> {
  const body = page.getByLabel(say('Body'), { exact: true })
  await body.waitFor()
  await writeCode(page, FIXED(twin.port))
  await page.getByRole('button', { name: say('Run'), exact: true }).click()
  await page
    .getByRole('status', { name: say('Comparison with the original run') })
    .getByText('201')
    .waitFor()
  await story.look('Test in editor: the fix succeeds on the failed request')
  await page.getByRole('button', { name: say('Save draft') }).click()
  await page.getByRole('button', { name: say('Test this code on similar failures') }).click()
  await page.getByRole('heading', { name: say('Trial of unsaved code') }).waitFor()
  await page
    .getByText(new RegExp(`${say('Fixed')}[  ]?: `))
    .first()
    .waitFor()
  await page
    .getByText(new RegExp(`^${say('Done')}`))
    .first()
    .waitFor()
  await story.look('a trial on the failed requests: fixed')
  await page.getByRole('link', { name: say('Back to the code') }).click()
  await code(page).waitFor()
}

const code = (page: Page) => page.locator('.cm-content').first()

async function rollOut({ server, tab: { page }, workflow }: World, story: Story): Promise<void> {
  await page.goto(`${server.url}/workflows/${workflow.id}`)
  await page.getByRole('textbox', { name: say('Traffic') }).fill('50')
  await page.getByRole('button', { name: say('Start canary') }).click()
  const sides = page.getByRole('table', { name: say('Both versions') })
  await sides.waitFor()
  // Calls with the same body run the same version.
  let calls = 0
  await until(async () => {
    calls += 1
    return (await callHook(workflow, { name: `katherine-${calls}` })).status === 201
  })
  await sides
    .getByRole('row')
    .nth(2)
    .getByText(`0 (0${say('%')})`)
    .waitFor()
  await story.look('half of the calls go to the fix, which does not fail')
  await page.getByRole('button', { name: say('Promote'), exact: true }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: say('Promote'), exact: true })
    .click()
  await page.getByText(say('The candidate is deployed.')).waitFor()
  await story.look('the fix is promoted')
}

async function replay({ server, tab: { page } }: World, story: Story): Promise<void> {
  await page.goto(`${server.url}/dead-letters`)
  const group = page.getByRole('region', { name: /^CV scores/ })
  await group.getByRole('button', { name: say('Replay all') }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: say(REPLAY, { count: 3 }) })
    .click()
  const ended = say('{succeeded} succeeded, {failed} failed, {pending} in progress', {
    succeeded: 3,
    failed: 0,
    pending: 0,
  })
  await page.getByText(ended).waitFor()
  await page.getByText(say('No dead letters')).waitFor()
  await story.look('all dead letters are replayed, and succeed')
}

async function close({ server, tab: { page }, alerts, workflow }: World, story: Story): Promise<void> {
  await page.goto(`${server.url}/workflows/${workflow.id}`)
  await page
    .getByRole('link', { name: new RegExp(`^${say('Succeeded')}`) })
    .first()
    .waitFor()
  await until(async () => (await page.getByText(/^Ada /).count()) === 0)
  assert.equal(await page.getByRole('button', { name: say('I am on it') }).count(), 0)
  await until(async () => alerts.received.some(({ type }) => type === 'workflow.recovered'))
  await story.look('the incident is over')
}
