/** Alerts in the app: channels, the rule of all workflows, a workflow's own, and the messages. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import { keepScreenshot, NARROW, NEEDS_BROWSER, openApp, openTab, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until } from '../helpers/workflows.ts'

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

test('a channel is added and tested, and a failing workflow sends to it', NEEDS_BROWSER, async () => {
  const { page } = tab
  const receiver = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n', name: 'receiver' })
  await page.goto(`${server.url}/settings/alerts`)
  await page.getByRole('textbox', { name: 'Name' }).fill('On call')
  await page.getByRole('combobox', { name: 'Type' }).click()
  await page.getByRole('option', { name: 'Workflow', exact: true }).click()
  await page.getByRole('textbox', { name: 'Workflow id' }).fill(receiver.id)
  await page.getByRole('button', { name: 'Add channel' }).click()
  await page.getByRole('table', { name: 'Channels' }).getByText('On call').waitFor()
  await page.getByRole('button', { name: 'Send a test' }).click()
  await page.getByText('Test message delivered.').waitFor()

  await page.getByLabel('On call (workflow)').check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').first().waitFor()
  type Rule = { channels: string[]; on: string[]; after: number } | null
  const rule = async () => await must(server.api<Rule>('GET', '/api/system/alerts'), 200)
  await until(async () => (await rule())?.channels.length === 1)
  assert.deepEqual((await rule())?.on, ['failing', 'recovered', 'missed_tick', 'canary_aborted', 'dead_letter'])

  const broken = await createCatch(server, { source: 'def workflow(r, s):\n    raise ValueError("x")\n' })
  await callHook(broken, {})
  const messages = page.getByRole('table', { name: 'Latest messages' })
  await messages.getByRole('row').filter({ hasText: 'failing' }).filter({ hasText: 'On call' }).waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'alerts-wide')
  for (const options of [{ viewport: NARROW }, { colorScheme: 'dark' }] as const) {
    const other = await openTab(browser, { like: tab, ...options })
    await other.page.goto(`${server.url}/settings/alerts`)
    await other.page.getByRole('table', { name: 'Channels' }).waitFor()
    await assertAccessible(other)
    await keepScreenshot(other, `alerts-${'viewport' in options ? 'narrow' : 'dark'}`)
    await other.context.close()
  }
})

test('a workflow notifies channels of its own', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
  await page.goto(`${server.url}/workflows/${id}/settings`)
  await page.getByRole('switch', { name: 'Notify me about this workflow' }).press('Space')
  await page.getByLabel('On call (workflow)').check()
  await page.getByLabel('A scheduled time was missed').uncheck()
  await page.getByLabel('Failures in a row').fill('3')
  await page
    .locator('form', { has: page.getByLabel('Failures in a row') })
    .getByRole('button', { name: 'Save' })
    .click()
  type Saved = { alerts: { channels: string[]; on: string[]; after: number } | null }
  const saved = await until(async () => (await must(server.api<Saved>('GET', `/api/workflows/${id}`), 200)).alerts)
  assert.deepEqual(
    [saved.channels.length, saved.on, saved.after],
    [1, ['failing', 'recovered', 'canary_aborted', 'dead_letter'], 3],
  )
  assert.deepEqual(tab.errors, [])
})
