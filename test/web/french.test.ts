/**
 * The app in French: chosen by the browser or by the person, on wide and narrow windows. On a phone of 360 px, each page
 * shows everything, within the window and without overlaps.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { findBarriers, findBarriersInTheDark, findOverflow } from '../helpers/axe.ts'
import { keepScreenshot, NEEDS_BROWSER, openTab, type Tab, visit, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import {
  callHook,
  createCatch,
  createPull,
  must,
  type RunBody,
  until,
  type WorkflowBody,
} from '../helpers/workflows.ts'

const SOURCE = `def workflow(_request, settings):
    settings["VU"] = 1
    print("bonjour")
    if _request.get("casse"):
        raise ValueError("cassé")
    return {"status_code": 200, "headers": {}, "body": "ok"}
`

const WIDTH = 360
const BROKEN = 'def workflow(_request, settings):\n    raise KeyError("email of profile %d" % _request["n"])\n'

let server: TestServer
let browser: Browser
let tab: Tab
let workflow: WorkflowBody
let ticking: WorkflowBody
let failed: RunBody
let phone: Tab
let catching: WorkflowBody
let pulling: WorkflowBody

withApp(async (app) => {
  ;({ browser, server, tab } = app)
  workflow = await createCatch(server, { source: SOURCE, name: 'Import CV', settings: { CLE: 'x' } })
  const schedule = { cron: '0 7 * * 1-5', timezone: 'Europe/Paris' }
  ticking = await createPull(server, { source: 'def workflow(settings):\n    pass\n', name: 'Synchro', schedule })
  const headers = { 'content-type': 'application/json' }
  const run = (body: object) =>
    must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, { request: { headers, body } }), 200)
  await run({})
  failed = await run({ casse: true })
  await prepareForPhone()
})

async function prepareForPhone(): Promise<void> {
  phone = await openTab(browser, { viewport: { width: WIDTH, height: 740 }, like: tab })
  const retries = { count: 1, backoff_seconds: 1 }
  catching = await createCatch(server, { source: BROKEN, name: 'resumes', settings: { CITY: 'Paris' }, retries })
  await createCatch(server, { source: BROKEN, name: 'never called' })
  pulling = await createPull(server, {
    source: 'def workflow(settings):\n    raise ValueError("no")\n',
    name: 'pulling',
    schedule: { every_seconds: 3600 },
  })
  await must(server.api('PUT', `/api/workflows/${catching.id}/settings/CITY`, { value: 'Lyon' }), 200)
  await must(server.api('POST', '/api/keys', { name: 'deploy script' }), 201)
  await must(server.api('POST', '/api/invitations', { email: 'grace@example.com', role: 'viewer' }), 201)
  await callHook(catching, { n: 1 }, { headers: { prefer: 'respond-async' } })
}

const paths = (): Readonly<Record<string, string>> => ({
  home: '/',
  workflows: '/workflows',
  overview: `/workflows/${workflow.id}`,
  function: `/workflows/${workflow.id}/function`,
  settings: `/workflows/${workflow.id}/settings`,
  pull: `/workflows/${ticking.id}`,
  'pull-settings': `/workflows/${ticking.id}/settings`,
  runs: '/runs',
  run: `/runs/${failed.id}`,
  'dead-letters': '/dead-letters',
  account: '/settings',
  people: '/settings/people',
  keys: '/settings/keys',
  alerts: '/settings/alerts',
  shared: '/settings/shared',
  audit: '/settings/audit',
  privacy: '/settings/data',
  person: '/settings/person',
  system: '/settings/system',
  trials: `/workflows/${workflow.id}/trials`,
  environments: '/settings/environments',
})

/** Words of English sentences; none is French, or in the code and answers that the pages show. */
const ENGLISH =
  /\b(the|with|and|your|yet|this|when|ago|yesterday|Settings|Save|Deploy|Failed|Succeeded|Show|Delete|Runs?|Last|Name|Add|Copy|Cancel|Monday|every)\b/

const IN_PICTURES = ['function', 'settings', 'run']

test('the sign-in page is French in a French browser', NEEDS_BROWSER, async () => {
  const { page, context } = await openTab(browser, { locale: 'fr-FR' })
  await page.goto(`${server.url}/sign-in`)
  await page.getByRole('heading', { name: 'Se connecter' }).waitFor()
  const labels = await page.locator('label').allTextContents()
  assert.deepEqual(
    labels.map((label) => label.replace(/\s*\*$/, '')),
    ['E-mail', 'Mot de passe'],
  )
  await context.close()
})

test('every page is French in a French browser, and axe finds nothing moderate', NEEDS_BROWSER, async () => {
  const view = await openTab(browser, { like: tab, locale: 'fr-FR' })
  const { page } = view
  const found: string[] = []
  for (const [name, path] of Object.entries(paths())) {
    await visit(page, server.url + path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.locator('[aria-busy]').first().waitFor({ state: 'detached' })
    await page.locator('html[lang=fr]').waitFor()
    if (IN_PICTURES.includes(name)) await keepScreenshot(view, `french-${name}`)
    // biome-ignore lint/performance/useDomNodeTextContent: only what is shown counts, line by line
    const text = await page.locator('body').innerText()
    // What an operator of another machine would read there has no French, and says so.
    const marked = await page.locator('main [lang=en]').allTextContents()
    const lines = text.split('\n').filter((line) => ENGLISH.test(line) && !marked.includes(line))
    const light = process.env.AXE === 'all' ? await findBarriers(page) : []
    const barriers = [...light, ...(await findBarriersInTheDark(page))]
    found.push(...[...lines, ...barriers].map((what) => `${path}: ${what}`))
  }
  assert.deepEqual(found, [])
  assert.deepEqual(view.errors, [])
  await view.context.close()
})

test('a person chooses a language, which follows the account and not the browser', NEEDS_BROWSER, async () => {
  const french = await openTab(browser, { like: tab, locale: 'fr-FR' })
  await french.page.goto(`${server.url}/settings`)
  await french.page.getByRole('combobox', { name: 'Langue' }).click()
  await french.page.getByRole('option', { name: 'English' }).click()
  await french.page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
  await french.page.locator('html[lang=en]').waitFor()

  const other = await openTab(browser, { like: tab, locale: 'fr-FR' })
  await other.page.goto(`${server.url}/runs`)
  await other.page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor()

  await french.page.getByRole('combobox', { name: 'Language' }).click()
  await french.page.getByRole('option', { name: 'As the browser' }).click()
  await french.page.getByRole('heading', { level: 1, name: 'Réglages' }).waitFor()
  for (const { context } of [french, other]) await context.close()
})

/** Words and buttons of which a part lies beyond the edge, though the page itself does not scroll sideways. */
async function cut(): Promise<string[]> {
  const { page } = phone
  assert.deepEqual(await findOverflow(page), [], page.url())
  return await page.evaluate<
    string[]
  >(`[...document.querySelectorAll('td > *, td, table button, h1, h2, .mantine-Alert-root')]
    .filter((part) => part.checkVisibility() && part.getBoundingClientRect().right > ${WIDTH})
    .map((part) => part.tagName + ' ' + part.textContent)`)
}

test('tables show all that they hold, buttons too', NEEDS_BROWSER, async () => {
  const { page } = phone
  const shown = [
    { path: '/settings/people', table: 'People', button: 'Remove' },
    { path: '/settings/people', table: 'Pending invitations', button: 'Revoke' },
    { path: '/settings/keys', table: 'API keys', button: 'Revoke' },
    { path: '/settings/audit', table: 'Audit log' },
    { path: `/workflows/${pulling.id}`, table: 'Last ticks' },
  ]
  for (const { path, table, button } of shown) {
    await visit(page, server.url + path)
    const found = page.getByRole('table', { name: table })
    await found.getByRole('row').nth(1).waitFor()
    if (button !== undefined) await found.getByRole('button', { name: button }).first().waitFor()
    assert.deepEqual(await cut(), [], path)
    await keepScreenshot(phone, `phone-${table.toLowerCase().replaceAll(' ', '-')}`)
  }
  await visit(page, `${server.url}/dead-letters`)
  const letters = page.getByRole('region', { name: 'resumes: exception' })
  await letters.getByRole('button', { name: 'Show runs' }).click()
  await page.getByRole('button', { name: 'Replay', exact: true }).waitFor()
  assert.deepEqual(await cut(), [])
  await page.getByRole('table').getByRole('link').first().click()
  await page.getByRole('table', { name: 'Attempts' }).getByText('2, this run').waitFor()
  assert.deepEqual(await cut(), [])
})

test('windows show all that they hold', NEEDS_BROWSER, async () => {
  const { page } = phone
  await visit(page, `${server.url}/workflows/${catching.id}/function`)
  await page.getByRole('button', { name: 'More about CITY' }).click()
  await page.getByRole('menuitem', { name: 'History' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).waitFor()
  assert.deepEqual(await cut(), [])
  await keepScreenshot(phone, 'phone-history')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Paste .env' }).click()
  await page.getByLabel('.env contents').fill('ONE=1\nTWO=2')
  await page.getByRole('dialog').getByRole('switch').last().waitFor()
  assert.deepEqual(await cut(), [])
  await keepScreenshot(phone, 'phone-env')
})

test('a workflow that never ran says so below its name, not upon it', NEEDS_BROWSER, async () => {
  const { page } = phone
  await visit(page, `${server.url}/workflows`)
  const row = page.getByRole('list', { name: 'Workflows' }).getByRole('link', { name: /never called/ })
  await row.getByText('No runs yet').waitFor()
  const [name, words] = [
    await row.getByText('never called').boundingBox(),
    await row.getByText('No runs yet').boundingBox(),
  ]
  assert.ok(name !== null && words !== null && words.y >= name.y + name.height)
  await page.getByRole('button', { name: 'Account', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Dead letters' }).click()
  await page.getByRole('heading', { level: 1, name: 'Dead letters' }).waitFor()
  assert.deepEqual(phone.errors, [])
})

test(
  'the list of runs comes first: filters and charts open at a tap, and set filters are counted',
  NEEDS_BROWSER,
  async () => {
    const { page } = phone
    await visit(page, `${server.url}/runs`)
    const first = page.getByRole('list', { name: 'Runs' }).getByRole('link').first()
    await first.waitFor()
    await keepScreenshot(phone, 'phone-all-runs')
    const top = (await first.boundingBox())?.y ?? 740
    assert.ok(top < 370, `the first run begins at ${top} of 740 px`)
    await page.getByRole('button', { name: 'Filters', exact: true }).click()
    await page.getByRole('combobox', { name: 'State' }).click()
    await page.getByRole('option', { name: 'All failures' }).click()
    await page.getByRole('button', { name: 'Filters (1)' }).waitFor()
    assert.deepEqual(await cut(), [])
    await keepScreenshot(phone, 'phone-filters')
    await page.getByRole('button', { name: 'Charts' }).click()
    await page.getByText(/^[\d,]+ runs?, [\d,]+ failed in the last 24 hours$/).waitFor()
    assert.equal(await page.getByRole('combobox', { name: 'State' }).count(), 0)
    assert.deepEqual(await cut(), [])
    await keepScreenshot(phone, 'phone-charts')
  },
)

test('the chosen tab is in sight', NEEDS_BROWSER, async () => {
  const { page } = phone
  for (const [path, name] of [
    ['/settings/system', 'System'],
    ['/settings/keys', 'API keys'],
    [`/workflows/${catching.id}/settings`, 'Settings'],
  ] as const) {
    await visit(page, server.url + path)
    // The row of tabs scrolls after it has been drawn.
    await until(async () => {
      const box = await page.getByRole('tab', { name, selected: true }).boundingBox()
      return box !== null && box.x >= 0 && box.x + box.width <= WIDTH
    })
  }
})
