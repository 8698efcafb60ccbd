/** Every control of the app does what it says, seen from the browser and from the API. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import {
  endRoutes,
  intercept,
  keepScreenshot,
  NARROW,
  NEEDS_BROWSER,
  type Tab,
  visit,
  WIDE,
  withApp,
} from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, must, runOf, until, type WorkflowBody } from '../helpers/workflows.ts'

const ECHO = `import json

def workflow(_request, settings):
    resume = _request.get("resume")
    size = resume.size if hasattr(resume, "size") else None
    return {"status_code": 200, "body": json.dumps([_request.get("email"), size])}
`
/** Prints as many lines as the log shows at the same time, and runs until it is cancelled. */
const SLOW = `import time

def workflow(settings):
    for number in range(5):
        print("step", number)
        time.sleep(0.1)
    time.sleep(800)
`

let server: TestServer
let browser: Browser
let tab: Tab

withApp((app) => ({ browser, server, tab } = app))

const open = (workflow: WorkflowBody, page = '') => visit(tab.page, `${server.url}/workflows/${workflow.id}/${page}`)
const read = (workflow: WorkflowBody) => must(server.api<WorkflowBody>('GET', `/api/workflows/${workflow.id}`), 200)

type Settings = { data: readonly { key: string; value: unknown; secret: boolean }[] }
const settingsOf = async (workflow: WorkflowBody) =>
  Object.fromEntries(
    (await must(server.api<Settings>('GET', `/api/workflows/${workflow.id}/settings`), 200)).data.map((setting) => [
      setting.key,
      setting.secret ? 'secret' : setting.value,
    ]),
  )

test(
  'a property is changed, made secret, deleted and restored, and its history names the person',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, { source: ECHO, settings: { CITY: 'Paris', PORT: 8080 } })
    await open(workflow, 'function')
    const city = page.getByRole('group', { name: 'CITY' })
    await city.getByLabel('Value of CITY').fill('Lyon')
    await city.getByRole('button', { name: 'Save' }).click()
    await city.getByRole('button', { name: 'Save' }).waitFor({ state: 'detached' })
    assert.deepEqual(await settingsOf(workflow), { CITY: 'Lyon', PORT: 8080 })

    // The server's event may take the property from the page before the answer comes.
    const gone = Promise.withResolvers<void>()
    await intercept(page, '**/settings/CITY?*', async (route) => {
      const response = await route.fetch()
      await gone.promise
      await route.fulfill({ response })
    })
    await city.getByRole('button', { name: 'Delete CITY' }).click()
    await city.waitFor({ state: 'detached' })
    gone.resolve()
    await page.getByRole('button', { name: 'Undo' }).click()
    await endRoutes(page)
    await city.waitFor()
    assert.deepEqual(await settingsOf(workflow), { CITY: 'Lyon', PORT: 8080 })

    await page.getByRole('button', { name: 'More about CITY' }).click()
    await page.getByRole('menuitem', { name: 'History' }).click()
    const history = page.getByRole('dialog', { name: 'History of CITY' })
    await history.getByText('"Paris"').first().waitFor()
    await history.getByText('Ada').first().waitFor()
    await page.keyboard.press('Escape')

    await page.getByRole('button', { name: 'More about CITY' }).click()
    await page.getByRole('menuitem', { name: 'Make secret' }).click()
    await city.getByRole('button', { name: 'Save' }).click()
    await city.getByRole('button', { name: 'Replace' }).waitFor()
    assert.deepEqual(await settingsOf(workflow), { CITY: 'secret', PORT: 8080 })
    await city.getByRole('button', { name: 'Delete CITY' }).click()
    await page
      .getByRole('dialog')
      .getByText(/secret value can’t be recovered/)
      .waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await city.waitFor({ state: 'detached' })
    assert.deepEqual(await settingsOf(workflow), { PORT: 8080 })
  },
)

test('settings of a workflow are saved: name, limits, kept runs, schedule by cron', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createPull(server, { source: SLOW, schedule: { every_seconds: 86_400 } })
  await open(workflow, 'settings')
  await page.getByLabel('Name').fill('renamed')
  await page.getByRole('button', { name: 'Save' }).nth(0).click()
  await page.getByRole('heading', { name: /renamed/ }).waitFor()
  await page.getByText('By cron', { exact: true }).click()
  await page.getByRole('textbox', { name: 'Cron' }).fill('15 6 * * 1-5')
  await page.getByRole('combobox', { name: 'Time zone' }).fill('Europe/Paris')
  await page.getByRole('option', { name: 'Europe/Paris' }).click()
  await page.getByRole('radio', { name: 'Queue' }).check()
  await page.getByRole('button', { name: 'Save' }).nth(1).click()
  await until(async () => JSON.stringify((await read(workflow)).schedule).includes('cron'))
  assert.deepEqual((await read(workflow)).schedule, {
    cron: '15 6 * * 1-5',
    timezone: 'Europe/Paris',
    overlap: 'queue',
    missed: 'last',
  })
  await page.getByLabel('Time limit').fill('77')
  await page.getByRole('button', { name: 'Save' }).nth(2).click()
  await until(async () => (await read(workflow)).timeout_seconds === 77)
  await page.getByRole('textbox', { name: 'Memory' }).fill('1024')
  await page.getByRole('button', { name: 'Save' }).nth(2).click()
  await until(async () => (await read(workflow)).memory_mib === 1024)
  const formOf = (button: string) => page.locator('form', { has: page.getByText(button, { exact: true }) })
  await page.getByRole('button', { name: 'Add variable' }).click()
  await page.getByLabel('Name of variable 1').fill('API_REGION')
  await page.getByLabel('Value of variable 1').fill('eu-west-1')
  await formOf('Add variable').getByRole('button', { name: 'Save' }).click()
  await until(async () => Object.keys((await read(workflow)).variables ?? {}).length === 1)
  assert.deepEqual((await read(workflow)).variables, { API_REGION: 'eu-west-1' })
  await page.getByRole('switch', { name: 'Record outgoing calls' }).press('Space')
  await page.getByRole('switch', { name: 'Send the trace with outgoing calls' }).press('Space')
  await formOf('Record outgoing calls').getByRole('button', { name: 'Save' }).click()
  await until(async () => (await read(workflow)).record_outbound === true)
  assert.equal((await read(workflow)).propagate_trace, true)
  await keepScreenshot(tab, 'settings-memory-variables')
  const days = page.getByRole('textbox', { name: 'Days', exact: true })
  const keep = page.locator('form').filter({ has: days }).getByRole('button', { name: 'Save' })
  await days.fill('7')
  await page.getByRole('textbox', { name: 'Size', exact: true }).fill('5')
  await keep.click()
  await until(async () => (await read(workflow)).retention_days === 7)
  assert.equal((await read(workflow)).retention_bytes, 5 * 1024 * 1024)
  await days.fill('')
  await keep.click()
  await until(async () => (await read(workflow)).retention_days === null)
  await page.getByRole('textbox', { name: 'Cron' }).fill('not a cron')
  await page
    .getByRole('alert')
    .getByText(/expected five fields/)
    .first()
    .waitFor()
  assert.equal(await page.getByRole('button', { name: 'Save' }).nth(1).isDisabled(), true)
  await keepScreenshot(tab, 'settings')
})

test(
  'after a new URL the old one answers 404, and an archived workflow answers 410 until it is restored',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, { source: ECHO })
    await open(workflow, 'settings')
    await page.getByRole('button', { name: 'New URL' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Create new URL' }).click()
    await page.getByText('New URL created.').waitFor()
    assert.equal((await callHook(workflow, {})).status, 404)
    const renewed = await read(workflow)
    assert.equal((await callHook(renewed, {})).status, 200)

    await page.getByRole('button', { name: 'Archive this workflow' }).click()
    await page
      .getByRole('dialog')
      .getByText(/410 Gone/)
      .waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Archive', exact: true }).click()
    await page.getByRole('button', { name: 'Restore' }).waitFor()
    assert.equal((await callHook(renewed, {})).status, 410)
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByRole('button', { name: 'Archive this workflow' }).waitFor()
    assert.equal((await callHook(renewed, {})).status, 200)
  },
)

test('a long run opens as soon as it starts, shows its logs live and is cancelled', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createPull(server, {
    source: SLOW,
    schedule: { cron: '0 0 1 1 *', timezone: 'UTC' },
    timeout_seconds: 900,
  })
  await open(workflow)
  await page.getByRole('button', { name: 'Run now' }).click()
  await page.waitForURL('**/runs/run_*')
  await page.getByRole('region', { name: 'Logs' }).getByText('step 3', { exact: true }).waitFor()
  await page.getByText('Nothing returned yet.').waitFor()
  await keepScreenshot(tab, 'run-live')
  await page.getByRole('button', { name: 'Cancel run' }).click()
  await page.getByRole('heading', { name: /Cancelled/ }).waitFor()
  await page.getByRole('region', { name: 'Logs' }).getByText('step 0', { exact: true }).waitFor()
})

test('D10 a run is replayed with the same request, and both name each other', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: ECHO })
  const original = await runOf(server, await callHook(workflow, { email: 'again@example.com' }))
  await visit(page, `${server.url}/runs/${original.id}`)
  await page.getByRole('button', { name: 'Replay' }).click()
  await page.getByRole('link', { name: 'replay of another run' }).waitFor()
  await page.getByRole('region', { name: 'Response' }).getByText('again@example.com').waitFor()
  const replay = page.url()
  await page.getByRole('link', { name: 'replay of another run' }).click()
  await page.getByRole('heading', { name: 'Replays of this run' }).waitFor()
  await page.getByRole('link', { name: 'Succeeded' }).click()
  await page.waitForURL(replay)
})

test('runs are filtered by state and trigger, and the address keeps the filter', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, {
    source: 'def workflow(_request, settings):\n    return 1 / _request["n"]\n',
  })
  await callHook(workflow, { n: 0 })
  await callHook(workflow, { n: 1 })
  await open(workflow, 'runs')
  await page.getByRole('list', { name: 'Runs' }).getByRole('listitem').nth(1).waitFor()
  await page.getByRole('combobox', { name: 'State' }).click()
  await page.getByRole('option', { name: 'Failed' }).click()
  await page.waitForURL('**/runs?status=failed')
  await page.getByRole('link', { name: /Succeeded/ }).waitFor({ state: 'detached' })
  await page.getByRole('link', { name: /^Failed.*ZeroDivisionError/ }).waitFor()
})

test('an API key is shown once, works, and is refused once revoked', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/settings/keys`)
  await page.getByLabel('Name of a new key').fill('deploy script')
  await page.getByRole('button', { name: 'Create API key' }).click()
  const key = (await page.getByText(/^wf_\S{20,}$/).textContent()) ?? ''
  const call = () => fetch(`${server.url}/api/me`, { headers: { authorization: `Bearer ${key}` } })
  assert.equal((await call()).status, 200)
  await page.reload()
  await page.getByRole('table', { name: 'API keys' }).getByText('deploy script').waitFor()
  assert.equal((await page.content()).includes(key), false)
  await page.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('revoked', { exact: true }).waitFor()
  assert.equal((await call()).status, 401)
})

test('changing the password requires the current one', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/settings`)
  await page.getByLabel('Current password').fill('a wrong password')
  await page.getByLabel('New password').fill('another long password')
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Current password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('Password changed.').waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Settings' }).waitFor()
})

test('a person is found, exported and erased, and the certificate stays', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = 'def workflow(_request, settings):\n    settings["LAST"] = _request["email"]\n'
  const workflow = await createCatch(server, { source, name: 'CV intake' })
  const run = await runOf(server, await callHook(workflow, { email: 'grace@example.com' }))
  await visit(page, `${server.url}/settings/person`)
  await page.getByLabel('Value').fill('nobody-at-all@example.com')
  await page.getByRole('button', { name: 'Find', exact: true }).click()
  await page.getByText('Nothing that is stored holds').waitFor()
  await page.getByLabel('Value').fill('grace@example.com')
  await page.keyboard.press('Enter')
  const row = page.getByRole('row', { name: /CV intake/ })
  await row.getByText('LAST').waitFor()
  await row.getByText('1 run').click()
  await row.getByRole('link', { name: run.id }).waitFor()
  await keepScreenshot(tab, 'find-a-person')
  await assertAccessible(tab)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  const exported: string = await readFile(await (await download).path(), 'utf8')
  assert.equal(JSON.parse(exported).runs[0].run.id, run.id)
  await page.getByRole('button', { name: 'Erase' }).click()
  const question = page.getByRole('dialog')
  await question.getByRole('textbox').fill('grace@example.com')
  await question.getByRole('button', { name: 'Erase' }).click()
  await page.getByText('Nothing that is stored holds').waitFor()
  const certificate = page.getByRole('table', { name: 'Certificates of erasure' }).getByRole('row', { name: /Ada/ })
  await certificate.getByRole('button', { name: 'Download' }).waitFor()
  const left = JSON.stringify(await must(server.api('GET', `/api/runs/${run.id}`), 200))
  assert.ok(!left.includes('grace@example.com'), left)
  await visit(page, `${server.url}/runs/${run.id}`)
  await page.getByText('The data of the run were erased').waitFor()
  for (const name of ['Replay', 'Test in editor']) assert.equal(await page.getByText(name).count(), 0, name)
  await assertAccessible(tab)
  await keepScreenshot(tab, 'erased-run')
  await visit(page, `${server.url}/settings/person`)
  await certificate.waitFor()
  await page.setViewportSize(NARROW)
  await keepScreenshot(tab, 'find-a-person-narrow')
  await page.setViewportSize(WIDE)
  await visit(page, `${server.url}/settings/data`)
  await page.getByText(/no rules: nothing is redacted/).waitFor()
  await keepScreenshot(tab, 'privacy')
})
