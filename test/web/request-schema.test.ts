/** The JSON Schema of a hook's bodies, as a person edits it. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

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

test('a schema is typed, refused while it is no JSON object, saved and taken away', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
  const read = async () => (await must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200))['request_schema']
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const field = page.getByLabel('JSON Schema of the body')
  const save = page.locator('form', { has: field }).getByRole('button', { name: 'Save' })
  await field.fill('{"type": "object"')
  await page.getByText('Not a JSON object').waitFor()
  assert.equal(await save.isDisabled(), true)
  await field.fill('{"type": "object"}')
  await save.click()
  await until(async () => JSON.stringify(await read()) === '{"type":"object"}')
  await page.reload()
  assert.match(await field.inputValue(), /"type": "object"/)
  await field.fill('{"$ref": "https://example.com"}')
  await save.click()
  await page.getByText('expected a reference inside the schema').waitFor()
  await field.fill('')
  await save.click()
  await until(async () => (await read()) === null)
})
