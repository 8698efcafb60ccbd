/** The examples that the app offers, with a stand-in for HrFlow and an internal service. */

import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { keepScreenshot, NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import { needsSdk } from '../helpers/examples.ts'
import { type FakeHrflow, startFakeHrflow } from '../helpers/fake-hrflow.ts'
import { newcomer } from '../helpers/newcomer.ts'
import type { TestServer } from '../helpers/server.ts'

const SDK = await needsSdk()
const CREDENTIALS = { apiKey: 'ask_0123456789abcdef', userEmail: 'ada@example.com' }
/** The test uses a private address of this machine as its internal service. */
const ADDRESS = Object.values(networkInterfaces())
  .flatMap((found) => found ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address
const PDF = Buffer.from('%PDF-1.4 a resume')

let server: TestServer
let fake: FakeHrflow
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  fake = await startFakeHrflow(ADDRESS === undefined ? CREDENTIALS : { ...CREDENTIALS, address: ADDRESS })
  fake.files.set('cv.pdf', PDF)
  fake.records.push({ uid: 'uid-1', fileName: 'cv.pdf' })
  ;({ browser, server, tab } = await openApp({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${fake.port}` } }))
})
after(async () => {
  await browser?.close()
  await server?.close()
  await fake?.close()
})

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
