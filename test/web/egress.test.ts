/** What a workflow's functions may reach, as a person chooses it in the app. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { keepScreenshot, NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, must } from '../helpers/workflows.ts'

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

test('Y17 a workflow is limited to some hosts, to none, and opened again', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
  const stored = async () =>
    (await must(server.api<{ egress: { mode: string; hosts: string[] } }>('GET', `/api/workflows/${id}`), 200)).egress
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const form = page.locator('form').filter({ hasText: 'The function may reach' })
  const save = async () => {
    await form.getByRole('button', { name: 'Save' }).click()
    // It is off while the answer is awaited, too.
    await form.locator('button[type=submit]:disabled:not([data-loading])').waitFor()
  }
  await form.getByRole('radio', { name: 'Some hosts' }).check()
  const hosts = form.getByRole('combobox', { name: 'Hosts' })
  await hosts.fill('api.hrflow.ai:443')
  await hosts.press('Enter')
  await hosts.fill('*.example.com:443')
  await save()
  await keepScreenshot(tab, 'egress')
  assert.deepEqual(await stored(), { mode: 'list', hosts: ['api.hrflow.ai:443', '*.example.com:443'] })
  assert.deepEqual(
    (await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id),
    [],
  )

  await hosts.fill('no port')
  await hosts.press('Enter')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByText('expected a host and a port').waitFor()
  await page.reload()

  await form.getByRole('radio', { name: 'Nothing' }).check()
  await save()
  assert.equal((await stored()).mode, 'none')
  await form.getByRole('radio', { name: 'The internet' }).check()
  await save()
  assert.equal((await stored()).mode, 'internet')
})
