/** Saved views of the list of workflows: kept by the account, and shared with everybody. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { assertAccessible, findOverflow } from '../helpers/axe.ts'
import {
  endRoutes,
  intercept,
  keepScreenshot,
  NARROW,
  NEEDS_BROWSER,
  openTab,
  openTabOf,
  type Tab,
  withApp,
} from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, createPull, until } from '../helpers/workflows.ts'

const SOURCE = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": ""}\n'
const PULL = 'def workflow(settings):\n    pass\n'

let server: TestServer
let browser: Browser
let tab: Tab

withApp(async (app) => {
  ;({ browser, server, tab } = app)
  await createCatch(server, { source: SOURCE, name: 'Applications', tags: ['hr'] })
  await createPull(server, { source: PULL, name: 'Nightly jobs' })
})

const bar = (page: Page) => page.getByRole('group', { name: 'Views' })
const link = (page: Page, name: string) => bar(page).getByRole('link', { name })
const current = (page: Page) => bar(page).locator('[aria-current=true]')
const open = (page: Page, query = '') => page.goto(`${server.url}/workflows${query}`)

async function choose(page: Page, view: string, item: string): Promise<void> {
  await bar(page)
    .getByRole('button', { name: `More about ${view}` })
    .click()
  await page.getByRole('menuitem', { name: item }).click()
}

async function save(page: Page, name: string, isShared = false): Promise<void> {
  await page.getByRole('button', { name: 'Save view' }).click()
  const dialog = page.getByRole('dialog', { name: 'Save view' })
  await dialog.getByLabel('Name').fill(name)
  if (isShared) await dialog.getByLabel('Share with everybody').check()
  await dialog.getByLabel('Name').press('Enter')
  await dialog.waitFor({ state: 'detached' })
}

test('views that a browser kept move to the account, once', NEEDS_BROWSER, async () => {
  const { page, errors } = tab
  await page.goto(`${server.url}/runs`)
  const kept = [
    { name: 'Old one', search: 'kind=pull' },
    { name: 'Old two', search: 'q=app' },
  ]
  await page.evaluate(`localStorage.setItem('workflow-views', ${JSON.stringify(JSON.stringify(kept))})`)
  let isCut = false
  await intercept(page, '**/api/views', async (route) => {
    if (route.request().method() !== 'POST') return await route.continue()
    // The server has the view, and the page does not know it.
    await route.fetch()
    await route.abort()
    isCut = true
  })
  await open(page)
  await until(async () => isCut)
  await endRoutes(page)
  await page.reload()
  await link(page, 'Old two').waitFor()
  await until(async () => (await page.evaluate(`localStorage.getItem('workflow-views')`)) === null)
  assert.deepEqual(await bar(page).getByRole('link').allTextContents(), ['All workflows', 'Old one', 'Old two'])
  errors.splice(0)
  const other = await openTab(browser, { like: tab })
  await open(other.page)
  await link(other.page, 'Old one').click()
  await other.page.waitForURL(/kind=pull/)
  for (const name of ['Old one', 'Old two']) {
    await link(other.page, name).click()
    await choose(other.page, name, 'Remove')
    await link(other.page, name).waitFor({ state: 'detached' })
  }
  await page.reload()
  await page.getByRole('list', { name: 'Workflows' }).waitFor()
  assert.deepEqual(await bar(page).getByRole('link').allTextContents(), ['All workflows'])
  assert.deepEqual(errors, [])
  await other.context.close()
})

test(
  'a person saves a view, changes its filters and its name, removes it, and gets it back',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    await open(page, '?kind=pull')
    await save(page, 'Nights')
    await until(async () => (await current(page).textContent()) === 'Nights')
    await page.waitForURL(/kind=pull&view=view_/)
    await page.getByLabel('Find a workflow by its name').fill('jobs')
    await page.waitForURL(/q=jobs/)
    assert.equal(await current(page).textContent(), 'Nights')
    await page.getByRole('button', { name: 'Save view' }).waitFor()
    await choose(page, 'Nights', 'Update to the current filters')
    await page.getByRole('button', { name: 'Save view' }).waitFor({ state: 'detached' })
    await link(page, 'All workflows').click()
    await until(async () => (await current(page).textContent()) === 'All workflows')
    await link(page, 'Nights').click()
    await page.waitForURL(/kind=pull&q=jobs/)
    await choose(page, 'Nights', 'Rename')
    const dialog = page.getByRole('dialog', { name: 'Rename' })
    assert.equal(await dialog.getByLabel('Name').inputValue(), 'Nights')
    await dialog.getByLabel('Name').fill('Night jobs')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await until(async () => (await current(page).textContent()) === 'Night jobs')
    await page.reload()
    await until(async () => (await current(page).textContent()) === 'Night jobs')
    await choose(page, 'Night jobs', 'Remove')
    await link(page, 'Night jobs').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).click()
    await until(async () => (await current(page).textContent()) === 'Night jobs')
  },
)

test('a shared view is seen by everybody, and only editors and owners change it', NEEDS_BROWSER, async () => {
  const { page, errors } = tab
  await open(page, '?tag=hr')
  await save(page, 'Hiring', true)
  const vera = await openTabOf({ browser, server }, { name: 'Vera', role: 'viewer' })
  await open(vera.page)
  await link(vera.page, 'Hiring').click()
  await vera.page.waitForURL(/tag=hr/)
  await until(async () => (await current(vera.page).getByRole('img', { name: 'shared' }).count()) === 1)
  assert.equal(await bar(vera.page).getByRole('button').count(), 0)
  assert.equal(await link(vera.page, 'Night jobs').count(), 0)
  await vera.page.getByLabel('Find a workflow by its name').fill('app')
  await vera.page.getByRole('button', { name: 'Save view' }).click()
  const dialog = vera.page.getByRole('dialog', { name: 'Save view' })
  await dialog.getByLabel('Name').fill('Mine')
  assert.equal(await dialog.getByLabel('Share with everybody').count(), 0)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await until(async () => (await current(vera.page).textContent()) === 'Mine')
  await choose(page, 'Hiring', 'Stop sharing')
  await link(vera.page, 'Hiring').waitFor({ state: 'detached' })
  await choose(page, 'Hiring', 'Share with everybody')
  await link(vera.page, 'Hiring').waitFor()
  assert.deepEqual([...errors, ...vera.errors], [])
  await vera.context.close()
})

test('a person who may only answer tasks sees no views', NEEDS_BROWSER, async () => {
  const invited = server.api<{ url: string }>('POST', '/api/invitations', { email: 'a@example.com', role: 'approver' })
  const { page, context } = await openTab(browser)
  await page.goto((await invited).body.url)
  await page.getByLabel('Name').fill('Anna')
  await page.getByLabel(/^Password/).fill('correct horse battery')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor()
  await open(page)
  await page.getByRole('heading', { level: 1 }).waitFor()
  assert.equal(await bar(page).count(), 0)
  await context.close()
})

test('the bar keeps its height while views load, fits a phone and has no barriers', NEEDS_BROWSER, async () => {
  for (let index = 1; index <= 6; index += 1) {
    await open(tab.page, `?q=view${index}`)
    await save(tab.page, `A view with a rather long name, number ${index}`, index > 4)
  }
  for (const [kind, options] of [
    ['wide', {}],
    ['narrow', { viewport: NARROW }],
    ['dark', { colorScheme: 'dark' }],
    ['narrow-french', { viewport: NARROW, locale: 'fr-FR' }],
  ] as const) {
    const other = await openTab(browser, { like: tab, ...options })
    const { page } = other
    let answer = () => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    await intercept(page, '**/api/views', async (route) => {
      await answered
      await route.continue()
    })
    await open(page, '?q=app')
    const list = page.getByRole('list', { name: 'Workflows' })
    await list.waitFor()
    // A font that comes later may wrap other lines.
    await page.evaluate('document.fonts.ready')
    const before = (await list.boundingBox())?.y
    answer()
    await page.getByRole('link', { name: 'Hiring' }).waitFor()
    assert.equal((await list.boundingBox())?.y, before)
    assert.deepEqual(await findOverflow(page), [])
    await keepScreenshot(other, `views-unsaved-${kind}`)
    await page.getByRole('link', { name: /number 6/ }).click()
    await page.waitForURL(/view6/)
    await page.getByRole('button', { name: /number 6/ }).click()
    await page.getByRole('menuitem').first().waitFor()
    await keepScreenshot(other, `views-menu-${kind}`)
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: 'Hiring' }).click()
    await page.waitForURL(/tag=hr/)
    await page.getByRole('menuitem').first().waitFor({ state: 'detached' })
    // A tooltip of the pointer is outside of all regions.
    await page.mouse.move(0, 0)
    await page.getByRole('tooltip').waitFor({ state: 'detached' })
    await assertAccessible(other)
    assert.deepEqual(await findOverflow(page), [])
    await keepScreenshot(other, `views-${kind}`)
    await other.context.close()
  }
})
