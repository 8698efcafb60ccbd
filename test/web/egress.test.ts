/** What a workflow's functions may reach, as a person chooses it in the app. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import { keepScreenshot, NARROW, NEEDS_BROWSER, openApp, type Tab, WIDE } from '../helpers/browser.ts'
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
  await assertAccessible(tab)

  await hosts.fill('no port')
  await hosts.press('Enter')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByText('Expected a host and a port').waitFor()
  await form.getByRole('alert').waitFor({ state: 'detached' })
  await page.reload()

  await form.getByRole('radio', { name: 'Nothing' }).check()
  await save()
  assert.equal((await stored()).mode, 'none')
  await form.getByRole('radio', { name: 'The internet' }).check()
  await save()
  assert.equal((await stored()).mode, 'internet')
})

test(
  'an owner opens the private address that a run was refused, changes the entry and closes it',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const source =
      "import socket\ndef workflow(r, s):\n    socket.create_connection(('10.255.255.1', 8080), timeout=1)\n"
    const { id } = await createCatch(server, { source, name: 'asks the CRM' })
    const { body } = await server.api<{ id: string }>('POST', `/api/workflows/${id}/runs`, {})
    await page.goto(`${server.url}/runs/${body.id}`)
    await page.getByRole('link', { name: 'Allow 10.255.255.1:8080' }).click()
    const form = page.getByRole('tabpanel', { name: 'Network' }).locator('form')
    await page.getByText('No internal host is open.').waitFor()
    assert.equal(await form.getByLabel('Host and port').inputValue(), '10.255.255.1:8080')
    await form.getByLabel('Note').fill('the CRM')
    await form.getByRole('radio', { name: 'Some workflows' }).check()
    await form.getByRole('combobox', { name: 'Workflows' }).fill('asks')
    await page.getByRole('option', { name: 'asks the CRM' }).click()
    await page.keyboard.press('Escape')
    await form.getByRole('button', { name: 'Allow' }).click()
    const row = page.getByRole('table', { name: 'Internal hosts' }).getByRole('row', { name: /10\.255\.255\.1:8080/ })
    await row.getByText('asks the CRM').waitFor()
    await assertAccessible(tab)
    await keepScreenshot(tab, 'network')
    await page.setViewportSize(NARROW)
    await assertAccessible(tab)
    await keepScreenshot(tab, 'network-narrow')
    await page.setViewportSize(WIDE)
    await row.getByRole('button', { name: 'Edit' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('radio', { name: 'All workflows' }).check()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await row.getByText('All workflows').waitFor()
    await form.getByLabel('Host and port').fill('127.0.0.1:80')
    await form.getByRole('button', { name: 'Allow' }).click()
    await form.getByText(/127\.0\.0\.1:80 has loopback addresses/).waitFor()
    await row.getByRole('button', { name: 'Close' }).click()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    await page.getByText('No internal host is open.').waitFor()
  },
)
