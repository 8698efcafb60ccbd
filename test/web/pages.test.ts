/** What every page of the app owes: accessible, honest about hostile text and big numbers, and about a server that is gone. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { findBarriers, findBarriersInTheDark, findOverflowOnPhone } from '../helpers/axe.ts'
import { keepScreenshot, NEEDS_BROWSER, openApp, openTab, type Tab, visit } from '../helpers/browser.ts'
import { freePort, startServer, type TestServer } from '../helpers/server.ts'
import { createCatch, createPull, must, type RunBody, type WorkflowBody } from '../helpers/workflows.ts'

const HOSTILE = '<img src=x onerror="document.title=1"><b>\u202egnp.exe'
const SOURCE = `class Result:
    status = "fatal"

def workflow(_request, settings):
    print(_request["text"] + "\\x1b[31m\\x07")
    if _request["what"] == "raise":
        raise ValueError(_request["text"])
    if _request["what"] == "report":
        return Result()
    settings["BIG"] = 9223372036854775808
    settings["FLOAT"] = {"2": 1.0, "1": None}
    return {"status_code": 200, "headers": {"Content-Type": "text/html"}, "body": _request["text"] * 2000}
`

let dataDir: string
let server: TestServer
let browser: Browser
let tab: Tab
let workflow: WorkflowBody
let ticking: WorkflowBody
const runs: Record<string, string> = {}

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  dataDir = await mkdtemp(join(tmpdir(), 'workflows-test-'))
  ;({ browser, server, tab } = await openApp({ dataDir, env: { WORKFLOWS_PORT: String(await freePort()) } }))
  workflow = await createCatch(server, {
    source: SOURCE,
    name: HOSTILE,
    description: HOSTILE,
    settings: { TEXT: HOSTILE },
  })
  ticking = await createPull(server, {
    source: 'def workflow(settings):\n    pass\n',
    name: `${HOSTILE} ticks`,
    schedule: { cron: '* * * * *', timezone: 'Europe/Paris' },
  })
  for (const what of ['answer', 'raise', 'report']) {
    const request = { headers: { 'content-type': 'application/json' }, body: { what, text: HOSTILE } }
    runs[what] = (await must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, { request }), 200)).id
  }
})
after(async () => {
  await browser?.close()
  await server?.stop()
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true })
})

/** The French test looks at these in the dark on a phone, too. Its texts are longer. */
const inFrench = (): readonly string[] => [
  '/',
  '/workflows',
  `/workflows/${workflow.id}`,
  `/workflows/${workflow.id}/function`,
  `/workflows/${workflow.id}/settings`,
  `/workflows/${ticking.id}`,
  `/workflows/${ticking.id}/settings`,
  '/runs',
  '/dead-letters',
  `/runs/${runs.raise}`,
  ...['', '/people', '/keys', '/alerts', '/shared', '/audit', '/environments', '/system'].map(
    (part) => `/settings${part}`,
  ),
]
const onlyHere = (): readonly string[] => [
  ...(process.env.AXE === 'all' ? [`/workflows/${workflow.id}/trials`] : []),
  `/workflows/${workflow.id}/runs`,
  `/runs/${runs.answer}`,
  `/runs/${runs.report}`,
  '/settings/data',
]

async function settle({ page }: Tab, path: string): Promise<void> {
  await visit(page, server.url + path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.locator('[aria-busy]').first().waitFor({ state: 'detached' })
}

test(
  'A12 L04 L05 hostile text shows as text on every page, and axe finds nothing moderate',
  NEEDS_BROWSER,
  async () => {
    const view = await openTab(browser, { like: tab })
    const { page } = view
    const found: string[] = []
    for (const path of [...inFrench(), ...onlyHere()]) {
      await settle(view, path)
      assert.equal(await page.locator('img:not([src="/favicon.svg"])').count(), 0, path)
      // The override would make the text behind it read backwards.
      // biome-ignore lint/performance/useDomNodeTextContent: what a text area holds is a person's own text, and stays as it is
      assert.equal((await page.locator('main').innerText()).includes('\u202e'), false, path)
      const isLeft = process.env.AXE !== 'all' && inFrench().includes(path)
      const onPhone = isLeft ? findOverflowOnPhone : findBarriersInTheDark
      const barriers = [...(await findBarriers(page)), ...(await onPhone(page))]
      found.push(...barriers.map((barrier) => `${path} ${barrier}`))
    }
    assert.deepEqual(found, [])
    await settle(view, `/runs/${runs.answer}`)
    // The log shows the colour that the escape sequence asks for.
    await page.getByRole('region', { name: 'Logs' }).getByText('<b>\ufffdgnp.exe\u2407').waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await keepScreenshot(view, 'hostile-run')
    assert.deepEqual(view.errors, [])
    await view.context.close()
  },
)

test('axe finds nothing moderate on the pages before the sign-in', NEEDS_BROWSER, async () => {
  const { page, context } = await openTab(browser)
  const found: string[] = []
  for (const path of ['/sign-in', '/setup', '/join', '/reset']) {
    await page.goto(server.url + path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    const barriers = [...(await findBarriers(page)), ...(await findBarriersInTheDark(page))]
    found.push(...barriers.map((barrier) => `${path} ${barrier}`))
  }
  assert.deepEqual(found, [])
  await context.close()
})

test('lists show a reported failure like a raised one', NEEDS_BROWSER, async () => {
  await settle(tab, `/workflows/${workflow.id}/runs`)
  await tab.page.getByRole('link', { name: /^Reported failure/ }).waitFor()
  assert.equal(await tab.page.locator('a[data-bad]').count(), 2)
  await keepScreenshot(tab, 'runs')
})

test('numbers that JavaScript can’t hold are shown and saved as they are', NEEDS_BROWSER, async () => {
  const { page } = tab
  await settle(tab, `/workflows/${workflow.id}/function`)
  const row = page.getByRole('group', { name: 'BIG' })
  await row.getByText('9223372036854775808').waitFor()
  await page.getByRole('group', { name: 'FLOAT' }).getByText('"2": 1.0').waitFor()
  await page.getByRole('button', { name: 'More about BIG' }).click()
  await page.getByRole('menuitem', { name: 'Edit as JSON' }).click()
  await row.getByRole('textbox').fill('[18446744073709551617, 1.0]')
  await row.getByRole('button', { name: 'Save' }).click()
  await row.getByRole('button', { name: 'Save' }).waitFor({ state: 'detached' })
  const { text } = await server.api('GET', `/api/workflows/${workflow.id}/settings`)
  assert.match(text, /"key":"BIG","value":\[18446744073709551617, ?1\.0\]/)
})

test('a page says that the server is gone, and recovers by itself when it is back', NEEDS_BROWSER, async () => {
  const { page } = tab
  await settle(tab, '/workflows')
  const port = new URL(server.url).port
  await server.stop()
  await page
    .getByText(/can’t be reached/)
    .first()
    .waitFor()
  await keepScreenshot(tab, 'offline')
  server = await startServer({ dataDir, env: { WORKFLOWS_PORT: port } })
  await page
    .getByText(/can’t be reached/)
    .first()
    .waitFor({ state: 'detached' })
  await page
    .getByRole('link', { name: /gnp\.exe/ })
    .first()
    .waitFor()
})

test('an address where nothing is says so, and does not go on asking', NEEDS_BROWSER, async () => {
  const view = await openTab(browser, { like: tab })
  const { page } = view
  for (const path of ['/nowhere', '/workflows/wf_none', '/runs/run_none', '/runs/run_none/code']) {
    await page.goto(server.url + path)
    await page.getByRole('heading', { level: 1, name: /^(Page|Run) not found/ }).waitFor()
  }
  await page.clock.install()
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.goto(`${server.url}/runs/run_none`)
  await page.getByRole('heading', { level: 1, name: /^Run not found/ }).waitFor()
  assert.ok(asked.includes('/api/runs/run_none'))
  // A page whose stream of events opens before the answer asks once more.
  asked.length = 0
  await page.clock.runFor(60_000)
  assert.ok(!asked.includes('/api/runs/run_none'), asked.join(' '))
  await view.context.close()
})

test(
  'a visitor who is not signed in must sign in first, and then reaches the requested page',
  NEEDS_BROWSER,
  async () => {
    const stranger = await openTab(browser)
    await stranger.page.goto(`${server.url}/runs?status=failed`)
    await stranger.page.getByLabel('Email').fill('ada@example.com')
    await stranger.page.getByLabel(/^Password/).fill('not the password')
    await stranger.page.getByRole('button', { name: 'Sign in' }).click()
    await stranger.page.getByText('Wrong email or password.').waitFor()
    await stranger.page.getByLabel(/^Password/).fill('correct horse battery')
    await stranger.page.getByRole('button', { name: 'Sign in' }).click()
    await stranger.page.waitForURL('**/runs?status=failed')
    await stranger.page.getByRole('button', { name: 'Account' }).click()
    await stranger.page.getByRole('menuitem', { name: 'Sign out' }).click()
    await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await stranger.context.close()
  },
)

for (const [tier, role, text] of [
  ['none', 'alert', /^No sandbox/],
  ['landlock', 'status', /^Reduced isolation/],
] as const) {
  test(`with ${tier} in the sandbox's place every page says so loudly`, NEEDS_BROWSER, async () => {
    const env = { WORKFLOWS_SANDBOX: tier, WORKFLOWS_PORT: new URL(server.url).port }
    await server.stop()
    server = await startServer({ dataDir, env })
    for (const path of ['/workflows', '/settings/system']) {
      await tab.page.goto(server.url + path)
      await tab.page.getByRole(role).filter({ hasText: text }).waitFor()
    }
    await tab.page.getByText(/^WARNING: functions run without a sandbox/i).waitFor()
    await keepScreenshot(tab, `no-sandbox-${tier}`)
  })
}
