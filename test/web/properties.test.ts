/** Environment properties: history and the way back, `.env` in and out, two people on one property, shared properties. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import {
  endRoutes,
  intercept,
  keepScreenshot,
  NEEDS_BROWSER,
  openTab,
  type Tab,
  visit,
  withApp,
} from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

const COUNTER = 'def workflow(_request, settings):\n    settings["CITY"] = "from a run"\n'
const READER = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": settings["CITY"]}\n'
const SECRET = 'hidden-value-0123'

let server: TestServer
let browser: Browser
let tab: Tab

withApp((app) => ({ browser, server, tab } = app))

const open = (page: Page, { id }: WorkflowBody) => visit(page, `${server.url}/workflows/${id}/function`)
const put = async ({ id }: WorkflowBody, key: string, value: unknown, secret?: boolean) =>
  await must(server.api('PUT', `/api/workflows/${id}/settings/${key}`, { value, secret }), 200)
type Settings = { data: readonly { key: string; value: unknown; secret: boolean }[] }
const settingsOf = async ({ id }: WorkflowBody) =>
  Object.fromEntries(
    (await must(server.api<Settings>('GET', `/api/workflows/${id}/settings`), 200)).data.map((setting) => [
      setting.key,
      setting.secret ? 'secret' : setting.value,
    ]),
  )

test('the history says which run or person changed a value, and restores an earlier one', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: COUNTER, settings: { CITY: { big: 1 } } })
  await put(workflow, 'CITY', 'Paris')
  await callHook(workflow, {})
  await open(page, workflow)
  await page.getByRole('button', { name: 'More about CITY' }).click()
  await page.getByText(/^Changed .* by a run$/).waitFor()
  await page.getByRole('menuitem', { name: 'History' }).click()
  const history = page.getByRole('table', { name: 'History of CITY' })
  await history.getByRole('row').filter({ hasText: '"from a run"' }).getByRole('link', { name: 'a run' }).waitFor()
  await keepScreenshot(tab, 'property-history')
  await history.getByRole('row').nth(3).getByRole('button', { name: 'Restore' }).click()
  await page.getByText('Value restored.').waitFor()
  assert.deepEqual(await settingsOf(workflow), { CITY: { big: 1 } })
})

test('a pasted .env is previewed, then saved; the export omits secrets', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: COUNTER, settings: { SAME: '1', OLD: 'x', LIMITS: { a: [1] } } })
  await put(workflow, 'API_KEY', SECRET, true)
  await open(page, workflow)
  await page.getByRole('button', { name: 'Paste .env' }).click()
  const dialog = page.getByRole('dialog', { name: 'Paste .env' })
  await dialog
    .getByLabel('.env contents')
    .fill('SAME=1\nOLD="a b"\nAPI_KEY=new-secret-value\nNEW_TOKEN=t\nPLAIN=p # c\n')
  const row = (name: string) => dialog.getByRole('row').filter({ hasText: name })
  await row('SAME').getByText('No change').waitFor()
  await row('OLD').getByText('Change').waitFor()
  await row('API_KEY').getByText('Replace secret').waitFor()
  await row('NEW_TOKEN').getByText('Add').waitFor()
  assert.equal(await row('NEW_TOKEN').getByRole('switch').isChecked(), true)
  await keepScreenshot(tab, 'paste-env')
  assert.deepEqual(await settingsOf(workflow), { API_KEY: 'secret', LIMITS: { a: [1] }, OLD: 'x', SAME: '1' })
  await dialog.getByRole('button', { name: 'Save 4 properties' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('group', { name: 'PLAIN' }).waitFor()
  const now = await settingsOf(workflow)
  assert.deepEqual([now.OLD, now.API_KEY, now.NEW_TOKEN, now.PLAIN], ['a b', 'secret', 'secret', 'p'])

  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  const file = await (await download).path()
  const text = await readFile(file, 'utf8')
  assert.match(
    text,
    /^# API_KEY is a secret.*\nLIMITS='\{"a":\[1\]\}'\n# NEW_TOKEN is a secret.*\nOLD=a b\nPLAIN=p\nSAME=1\n$/,
  )
  assert.equal((await page.content()).includes(SECRET), false)
})

test(
  'a property that someone else changed during the edit is not overwritten without a choice',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, { source: COUNTER, settings: { CITY: 'Paris' } })
    const other = await openTab(browser, { like: tab })
    await open(page, workflow)
    await open(other.page, workflow)
    const mine = page.getByRole('group', { name: 'CITY' })
    const theirs = other.page.getByRole('group', { name: 'CITY' })
    await theirs.getByLabel('Value of CITY').fill('Lyon')
    await theirs.getByRole('button', { name: 'Save' }).click()
    // In a field that is not being edited, the new value appears.
    await until(async () => (await mine.getByLabel('Value of CITY').inputValue()) === 'Lyon')
    await mine.getByLabel('Value of CITY').fill('Nice')
    await theirs.getByLabel('Value of CITY').fill('Lille')
    await theirs.getByRole('button', { name: 'Save' }).click()
    await mine.getByText(/by Ada while you were editing/).waitFor()
    await mine.getByText('"Lille"').waitFor()
    await keepScreenshot(tab, 'stale-property')
    const held = Promise.withResolvers<void>()
    const path = `**/api/workflows/${workflow.id}/settings/CITY`
    await intercept(page, path, async (route) => {
      await held.promise
      await route.continue()
    })
    await mine.getByRole('button', { name: 'Save', exact: true }).click()
    // What is chosen during a save would be lost.
    await mine.getByRole('button', { name: 'Keep mine' }).waitFor({ state: 'detached' })
    held.resolve()
    await mine.getByRole('button', { name: 'Keep mine' }).waitFor()
    await endRoutes(page)
    assert.deepEqual(await settingsOf(workflow), { CITY: 'Lille' })
    await mine.getByRole('button', { name: 'Keep mine' }).click()
    await mine.getByText(/while you were editing/).waitFor({ state: 'detached' })
    await until(async () => JSON.stringify(await settingsOf(workflow)).includes('Nice'))
    assert.deepEqual(await settingsOf(workflow), { CITY: 'Nice' })
    await other.context.close()
  },
)

test(
  'a shared property is made, read by a workflow that lists it, and shows its use and history',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, { source: READER, name: 'Reads the city' })
    await visit(page, `${server.url}/settings/shared`)
    await page.getByRole('button', { name: 'Add a shared property' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('CITY')
    await dialog.getByLabel('Value of CITY').fill('Lyon')
    await dialog.getByRole('switch', { name: 'Secret' }).press('Space')
    await dialog.getByRole('button', { name: 'Save' }).click()
    const row = page.getByRole('row').filter({ hasText: 'CITY' })
    await row.getByText('Lyon').waitFor()

    await visit(page, `${server.url}/workflows/${workflow.id}/function`)
    await page.getByText('Used by your code').waitFor()
    await page.getByRole('combobox', { name: 'Shared properties' }).click()
    await page.getByRole('option', { name: 'CITY' }).click()
    const read = () => must(server.api<WorkflowBody>('GET', `/api/workflows/${workflow.id}`), 200)
    await until(async () => JSON.stringify((await read())['shared_settings']) === '["CITY"]')
    await page.getByText('Used by your code').waitFor({ state: 'detached' })
    assert.equal((await callHook(workflow, {})).text, 'Lyon')

    await visit(page, `${server.url}/settings/shared`)
    await row.getByRole('link', { name: 'Reads the city' }).waitFor()
    await row.getByRole('button', { name: 'Change' }).click()
    await dialog.getByLabel('Value of CITY').fill('Nice')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await row.getByText('Nice').waitFor()
    await row.getByRole('button', { name: 'History' }).click()
    await page.getByRole('dialog', { name: 'History of CITY' }).getByText('Lyon').first().waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await assertAccessible(tab)
    await keepScreenshot(tab, 'shared-properties')
    await row.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByText('1 of your workflows read it').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No shared properties').waitFor()
  },
)

test('several typed properties are saved at once', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = 'def workflow(_request, settings):\n    return settings["FIRST"] + settings["SECOND"]\n'
  const { id } = await createCatch(server, { source })
  await visit(page, `${server.url}/workflows/${id}/function`)
  await page.getByLabel('Value of FIRST').fill('1')
  await page.getByLabel('Value of SECOND').fill('2')
  await page.getByRole('button', { name: 'Save all 2' }).click()
  await page.getByText('Used by your code').first().waitFor({ state: 'detached' })
  const settings = await must(
    server.api<{ data: { key: string; value: string }[] }>('GET', `/api/workflows/${id}/settings`),
    200,
  )
  assert.deepEqual(
    settings.data.map(({ key, value }) => [key, value]),
    [
      ['FIRST', '1'],
      ['SECOND', '2'],
    ],
  )
})
