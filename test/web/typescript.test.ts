/** A workflow in TypeScript, made in the app. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp())
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('the language is chosen when a workflow is created, and the editor follows it', NEEDS_BROWSER, async () => {
  const { page } = tab
  await page.goto(`${server.url}/workflows`)
  await page.getByRole('button', { name: 'Create Workflow' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create Workflow' })
  await dialog.getByRole('radio', { name: 'Catch', exact: true }).click()
  await dialog.getByRole('radio', { name: 'SmartRecruiters', exact: false }).first().check()
  await dialog.getByRole('radio', { name: 'TypeScript', exact: true }).check()
  // Only the examples that are in TypeScript are left.
  assert.equal(await dialog.getByRole('radio', { name: 'SmartRecruiters', exact: false }).count(), 0)
  await dialog.getByLabel('Name').fill('hello-script')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  const panel = page.getByRole('region', { name: 'Function' })
  await panel.getByText('workflow.ts', { exact: true }).waitFor()
  await panel.getByText('export default async function').first().waitFor()
  assert.equal(await panel.getByRole('button', { name: 'Format the code' }).count(), 0)
  const [workflow] = (await (await page.request.get(`${server.url}/api/workflows`)).json()).data
  assert.deepEqual([workflow.runtime, workflow.deployed_version], ['node24', 1])
  const answer = await fetch(workflow.hook_url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"name":"Ada"}',
  })
  assert.deepEqual(await answer.json(), { message: 'Hello, Ada!' })
})
