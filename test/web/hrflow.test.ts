/**
 * What the app does for HrFlow: the published examples with a stand-in for HrFlow and an internal service, keys that are
 * picked, profiles as cards, imports that are offered, and continuous schedules.
 */

import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { after, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { profileOf } from '../../src/demo/profile.ts'
import { assertAccessible, findBarriersInTheDark } from '../helpers/axe.ts'
import { keepScreenshot, NARROW, NEEDS_BROWSER, openApp, type Tab, WIDE, withApp } from '../helpers/browser.ts'
import { again } from '../helpers/editor.ts'
import { needsSdk } from '../helpers/examples.ts'
import { type FakeHrflow, startFakeHrflow } from '../helpers/fake-hrflow.ts'
import { newcomer } from '../helpers/newcomer.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, createPull, must, type RunBody, until } from '../helpers/workflows.ts'

const ACCOUNT = { API_KEY: 'ask_0123456789abcdef', USER_EMAIL: 'ada@example.com' }
const PROFILE = profileOf(
  { name: 'ada.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF-1.4') },
  'source',
  null,
  '2026-01-01T00:00:00Z',
)
/** The published signature and call, without imports. */
const PASTED = `def workflow(_request: Dict, settings: Dict) -> Union[None, Dict]:
    return request.get(settings["URL"]).json()
`
const SDK = await needsSdk()
const CREDENTIALS = { apiKey: ACCOUNT.API_KEY, userEmail: ACCOUNT.USER_EMAIL }
/** The test uses a private address of this machine as its internal service. */
const ADDRESS = Object.values(networkInterfaces())
  .flatMap((found) => found ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address
const PDF = Buffer.from('%PDF-1.4 a resume')

let fake: FakeHrflow
let server: TestServer
let browser: Browser
let tab: Tab

withApp(
  (app) => ({ browser, server, tab } = app),
  async () => {
    fake = await startFakeHrflow(ADDRESS === undefined ? CREDENTIALS : { ...CREDENTIALS, address: ADDRESS })
    fake.files.set('cv.pdf', PDF)
    fake.records.push({ uid: 'uid-1', fileName: 'cv.pdf' })
    return await openApp({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${fake.port}` } })
  },
)
after(() => fake?.close())

/** Runs the function, which is refused, and opens the address as an owner. */
async function openAddress(): Promise<void> {
  if (ADDRESS === undefined) return
  const { page } = tab
  const workflow = page.url()
  const host = `${ADDRESS}:${fake.port}`
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('link', { name: 'Open run' }).click()
  await page.getByRole('link', { name: `Allow ${host}` }).click()
  const form = page.getByRole('tabpanel', { name: 'Network' }).locator('form')
  await form.getByLabel('Note').fill('the storage')
  await form.getByRole('button', { name: 'Allow' }).click()
  await page.getByRole('table', { name: 'Internal hosts' }).getByRole('row').filter({ hasText: host }).waitFor()
  await page.goto(`${server.url}/settings/audit`)
  await page.getByRole('row').filter({ hasText: 'opened an internal host' }).filter({ hasText: host }).waitFor()
  await page.goto(workflow)
}

test('the published Catch example works as soon as its properties are filled in and its services are opened', {
  skip: NEEDS_BROWSER.skip || SDK.skip,
}, async () => {
  const { page } = tab
  const { create, fillIn, addProperty } = newcomer(tab, server)
  await create('Catch', 'Parse a resume by URL', 'parse-resume')
  await keepScreenshot(tab, 'catch-example')
  await fillIn('API_KEY', CREDENTIALS.apiKey)
  await fillIn('USER_EMAIL', CREDENTIALS.userEmail)
  await fillIn('SOURCE_KEY', 'source-1')
  await fillIn('OTHER_SERVICE_URL', `${fake.url}/other-service`)
  await addProperty('HRFLOW_API_URL', fake.apiUrl)
  const body = JSON.stringify({ file_url: `${fake.url}/files/cv.pdf` })
  await page.getByLabel('Body').fill(body)
  await openAddress()
  await page.getByLabel('Body').fill(body)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('"other-1"').waitFor()
  assert.deepEqual(fake.profiles[0]?.file, PDF)
  // A secret is never sent back to the browser.
  assert.equal((await page.content()).includes(CREDENTIALS.apiKey), false)
})

test('the published Pull example waits as a draft until it is deployed, then keeps LAST_UID', {
  skip: NEEDS_BROWSER.skip || SDK.skip,
}, async () => {
  const { page } = tab
  const { create, fillIn, addProperty } = newcomer(tab, server)
  await create('Pull', 'Pull new files', 'new-files', 1)
  await page.getByText('v1 draft').waitFor()
  await fillIn('API_KEY', CREDENTIALS.apiKey)
  await fillIn('USER_EMAIL', CREDENTIALS.userEmail)
  await fillIn('SOURCE_KEY', 'source-2')
  const endpoint = page.getByRole('group', { name: 'INTERNAL_ENDPOINT' })
  await endpoint.getByRole('textbox').fill(`${fake.url}/records`)
  await endpoint.getByRole('button', { name: 'Save' }).click()
  await addProperty('HRFLOW_API_URL', fake.apiUrl)
  await page.getByRole('button', { name: 'Deploy' }).click()
  await page.getByText(/v\d deployed/).waitFor()
  await page.getByRole('group', { name: 'LAST_UID' }).waitFor()
  assert.equal(await page.getByRole('group', { name: 'LAST_UID' }).getByRole('textbox').inputValue(), 'uid-1')
  await keepScreenshot(tab, 'pull-example')
})

/** Wide and narrow, light and dark. */
async function look(name: string): Promise<void> {
  for (const [size, window] of [['wide', WIDE] as const, ['narrow', NARROW] as const]) {
    await tab.page.setViewportSize(window)
    await keepScreenshot(tab, `${name}-${size}`)
    await assertAccessible(tab)
    assert.deepEqual(await findBarriersInTheDark(tab.page), [])
  }
  await tab.page.setViewportSize(WIDE)
}

test('the key of a Source is picked from the account, and a missing property is named', NEEDS_BROWSER, async () => {
  const { page } = tab
  const settings = { SOURCE_KEY: '', HRFLOW_API_URL: fake.apiUrl, USER_EMAIL: ACCOUNT.USER_EMAIL }
  const { id } = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n', settings })
  await page.goto(`${server.url}/workflows/${id}/function`)
  const row = page.getByRole('group', { name: 'SOURCE_KEY', exact: true })
  const pick = row.getByRole('button', { name: 'Choose a Source for SOURCE_KEY' })
  await pick.click()
  await page.getByText('The property API_KEY is missing.').waitFor()
  await page.keyboard.press('Escape')
  await must(server.api('PUT', `/api/workflows/${id}/settings/API_KEY`, { value: ACCOUNT.API_KEY, secret: true }), 200)
  await pick.click()
  const found = page.getByRole('button', { name: /Career site/ })
  await found.waitFor()
  await assertAccessible(tab)
  await found.click()
  await look('picker')
  await row.getByRole('button', { name: 'Save' }).click()
  await until(async () => {
    const { data } = await must(
      server.api<{ data: { key: string; value: unknown }[] }>('GET', `/api/workflows/${id}/settings`),
      200,
    )
    return data.some(({ key, value }) => key === 'SOURCE_KEY' && value === 'C'.repeat(40))
  })
})

test('a profile that a run received is a card, and its JSON is one click away', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, {
    source:
      'import json\n\ndef workflow(_request, settings):\n    return {"status_code": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(_request["profile"])}\n',
  })
  const request = { headers: { 'Content-Type': 'application/json' }, body: { profile: PROFILE } }
  const run = await must(server.api<RunBody>('POST', `/api/workflows/${id}/runs`, { request }), 200)
  const asked: string[] = []
  page.on('request', (one) => asked.push(one.url()))
  await page.goto(`${server.url}/runs/${run.id}`)
  const cards = page.getByRole('group', { name: 'HrFlow profile' })
  await cards.nth(1).waitFor()
  assert.equal(await cards.count(), 2)
  const card = cards.first()
  for (const text of [PROFILE.info.full_name, PROFILE.info.email, PROFILE.skills[0]?.name ?? ''])
    await card.getByText(text).first().waitFor()
  assert.equal(await page.getByText('"educations"').count(), 0)
  await look('profile')
  await page.getByRole('button', { name: 'Show JSON' }).first().click()
  await page.getByText('"educations"').first().waitFor()
  assert.deepEqual(
    asked.filter((url) => !url.startsWith(server.url)),
    [],
  )
})

const code = (page: Page) => page.getByRole('textbox', { name: /^Code of/ })

test('the editor offers the imports that a pasted signature and request.get need', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createPull(server, { source: 'def workflow(settings):\n    pass\n' })
  await page.goto(`${server.url}/workflows/${id}/function`)
  await code(page).click()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.insertText(PASTED)
  for (const [word, action] of [
    ['Union', 'from typing import Dict, Union'],
    ['request', 'import requests, and write requests'],
  ] as const) {
    const mark = page.locator('.cm-lintRange-error', { hasText: new RegExp(`^${word}$`) }).first()
    const fix = page.locator('.cm-diagnosticAction', { hasText: action }).first()
    await until(async () => {
      await again(fix, async () => {
        // A hint comes only after a movement of the mouse.
        await page.mouse.move(0, 0)
        await mark.hover({ timeout: 5000 }).catch(() => {})
      })
      // It closes when the marks are drawn again, perhaps before the click.
      return await fix.click({ timeout: 20_000 }).then(
        () => true,
        () => false,
      )
    })
    await code(page)
      .getByText(action.split(', and')[0] ?? '', { exact: true })
      .waitFor()
  }
  const lines = await page.locator('.cm-line').allTextContents()
  assert.deepEqual(lines.slice(0, 2), ['import requests', 'from typing import Dict, Union'])
  assert.match(lines[3] ?? '', /requests\.get\(settings/)
  await until(async () => (await page.locator('.cm-lintRange-error').count()) === 0)
})

test('a schedule is made continuous in the settings', NEEDS_BROWSER, async () => {
  const { page } = tab
  const schedule = { every_seconds: 3600 }
  const { id } = await createPull(server, { source: 'def workflow(settings):\n    pass\n', schedule })
  await page.goto(`${server.url}/workflows/${id}/settings`)
  await page.getByText('Continuously', { exact: true }).click()
  await page.getByLabel('Seconds between two runs').fill('86400')
  await look('continuous')
  await page.getByLabel('Seconds between two runs').press('Enter')
  await until(async () => {
    const found = await must(server.api<{ schedule: unknown }>('GET', `/api/workflows/${id}`), 200)
    return JSON.stringify(found.schedule) === '{"continuous":true,"pause_seconds":86400}'
  })
  await page.goto(`${server.url}/workflows/${id}`)
  await page.getByText('Runs continuously, 86,400 seconds after the last run ended').waitFor()
  await look('continuous-overview')
})
