/** The app in French: chosen by the browser or by the person, on wide and narrow windows. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { findBarriers, findBarriersInTheDark } from '../helpers/axe.ts'
import { keepScreenshot, NEEDS_BROWSER, openApp, openTab, type Tab, visit } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, createPull, must, type RunBody, type WorkflowBody } from '../helpers/workflows.ts'

const SOURCE = `def workflow(_request, settings):
    settings["VU"] = 1
    print("bonjour")
    if _request.get("casse"):
        raise ValueError("cassé")
    return {"status_code": 200, "headers": {}, "body": "ok"}
`

let server: TestServer
let browser: Browser
let tab: Tab
let workflow: WorkflowBody
let ticking: WorkflowBody
let failed: RunBody

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp())
  workflow = await createCatch(server, { source: SOURCE, name: 'Import CV', settings: { CLE: 'x' } })
  const schedule = { cron: '0 7 * * 1-5', timezone: 'Europe/Paris' }
  ticking = await createPull(server, { source: 'def workflow(settings):\n    pass\n', name: 'Synchro', schedule })
  const headers = { 'content-type': 'application/json' }
  const run = (body: object) =>
    must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, { request: { headers, body } }), 200)
  await run({})
  failed = await run({ casse: true })
})
after(async () => {
  await browser?.close()
  await server?.close()
})

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
