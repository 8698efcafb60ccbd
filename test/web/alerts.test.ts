/** Alerts in the app: channels, the rule of all workflows, a workflow's own, and the messages. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible, findBarriersInTheDark } from '../helpers/axe.ts'
import { endRoutes, intercept, keepScreenshot, NEEDS_BROWSER, type Tab, visit, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until } from '../helpers/workflows.ts'

type Rule = { channels: string[]; on: string[]; after: number } | null

let server: TestServer
let tab: Tab

withApp((app) => ({ server, tab } = app))

type Channels = { data: { name: string; config: Record<string, unknown> }[] }
const anchorsOf = async (name: string) => {
  const { data } = await must(server.api<Channels>('GET', '/api/channels'), 200)
  return data.find((channel) => channel.name === name)?.config['anchors']
}
const rule = async () => await must(server.api<Rule>('GET', '/api/system/alerts'), 200)

test('a channel is added and tested, and a failing workflow sends to it', NEEDS_BROWSER, async () => {
  const { page } = tab
  const receiver = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n', name: 'receiver' })
  await visit(page, `${server.url}/settings/alerts`)
  await page.getByRole('textbox', { name: 'Name' }).fill('On call')
  await page.getByRole('combobox', { name: 'Type' }).click()
  await page.getByRole('option', { name: 'Workflow', exact: true }).click()
  await page.getByRole('textbox', { name: 'Workflow id' }).fill(receiver.id)
  await page.getByRole('button', { name: 'Add channel' }).click()
  await page.getByRole('table', { name: 'Channels' }).getByText('On call').waitFor()
  await page.getByRole('button', { name: 'Send a test' }).click()
  await page.getByText('Test message delivered.').waitFor()

  // The first channel is used without another step.
  await until(async () => (await rule())?.channels.length === 1)
  await until(() => page.getByLabel('On call (workflow)').isChecked())
  const messages = page.getByRole('table', { name: 'Latest messages' })
  await messages.getByRole('row').filter({ hasText: 'test' }).filter({ hasText: 'On call' }).waitFor()
  assert.deepEqual((await rule())?.on, [
    'failing',
    'recovered',
    'missed_tick',
    'canary_aborted',
    'settings_conflict',
    'connection_lost',
    'dead_letter',
  ])

  const broken = await createCatch(server, { source: 'def workflow(r, s):\n    raise ValueError("x")\n' })
  await callHook(broken, {})
  await messages.getByRole('row').filter({ hasText: 'failing' }).filter({ hasText: 'On call' }).waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'alerts-wide')
  assert.deepEqual(await findBarriersInTheDark(page), [])
})

test('a channel is edited and previewed, and a secret is made for a webhook', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/settings/alerts`)
  const form = page.getByRole('form', { name: 'New channel' })
  await form.getByRole('textbox', { name: 'Name' }).fill('Hook')
  await form.getByRole('combobox', { name: 'Type' }).click()
  await page.getByRole('option', { name: 'Webhook', exact: true }).click()
  assert.match(await form.getByRole('textbox', { name: 'Signing secret' }).inputValue(), /^whsec_[A-Za-z0-9+/]{32}$/)
  await form.getByRole('textbox', { name: 'URL' }).fill('ftp://example.com')
  await form.getByRole('button', { name: 'Add channel' }).click()
  // The field shows the reason, without the name that it has in the API.
  await form.getByText('Expected an http or https URL without a user name.').waitFor()
  await form.getByRole('textbox', { name: 'URL' }).fill('https://example.com/alerts')
  await form.getByRole('checkbox', { name: 'Send the daily anchors of decisions' }).check()
  await form.getByRole('button', { name: 'Add channel' }).click()
  const row = page.getByRole('table', { name: 'Channels' }).getByRole('row').filter({ hasText: 'Hook' })
  await row.getByText('https://example.com/alerts').waitFor()
  assert.equal(await anchorsOf('Hook'), true)

  await row.getByRole('button', { name: 'Edit' }).click()
  const edit = page.getByRole('dialog', { name: 'Edit channel' })
  await edit.getByRole('textbox', { name: 'URL' }).fill('https://example.org/alerts')
  await edit.getByRole('checkbox', { name: 'Send the daily anchors of decisions', checked: true }).uncheck()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'alerts-edit')
  await edit.getByRole('button', { name: 'Save' }).click()
  await row.getByText('https://example.org/alerts').waitFor()
  assert.equal(await anchorsOf('Hook'), false)

  await row.getByRole('button', { name: 'Preview' }).click()
  const preview = page.getByRole('dialog', { name: 'Messages to Hook' })
  await preview.getByText('"type": "workflow.failing"').waitFor()
  await preview.getByRole('combobox', { name: 'Message' }).click()
  await page.getByRole('option', { name: 'A scheduled time was missed' }).click()
  await preview.getByText('"type": "workflow.missed_tick"').waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'alerts-preview')
  await page.keyboard.press('Escape')
  assert.deepEqual(
    tab.errors.filter((error) => !error.includes('400')),
    [],
  )
  tab.errors.length = 0
})

test('a person acknowledges a failing workflow, and everyone sees it until it works again', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = 'def workflow(r, s):\n    assert r.get("ok")\n    return {"status_code": 200, "body": ""}\n'
  const broken = await createCatch(server, { source, name: 'intake' })
  await callHook(broken, {})
  await visit(page, `${server.url}/workflows/${broken.id}`)
  await page.getByRole('button', { name: 'I am on it' }).click()
  await page.getByText(/^Ada is on it, since/).waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'incident')
  await visit(page, server.url)
  await page.getByText('Ada is on it').waitFor()
  await callHook(broken, { ok: true })
  await visit(page, `${server.url}/workflows/${broken.id}`)
  await page.getByText('Succeeded').first().waitFor()
  await until(async () => (await page.getByText(/^Ada is on it/).count()) === 0)
  await callHook(broken, {})
  await page.getByRole('button', { name: 'Mute alerts' }).click()
  await page.getByRole('menuitem', { name: 'For 8 hours' }).click()
  await page.getByText(/^Ada muted the alerts/).waitFor()
  await page.getByRole('button', { name: 'Unmute alerts' }).click()
  await page.getByRole('button', { name: 'I am on it' }).waitFor()
  assert.deepEqual(tab.errors, [])
})

test(
  'a rule that someone else changes, or that is changed during its save, keeps what is typed',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const change = (after: number) =>
      must(server.api('PUT', '/api/system/alerts', { channels: [], on: ['failing'], after }), 200)
    await change(2)
    await visit(page, `${server.url}/settings/alerts`)
    const after = page.getByLabel('Failures in a row')
    const save = page.getByRole('button', { name: 'Save', exact: true })
    const shows = (value: string) => until(async () => (await after.inputValue()) === value)
    await shows('2')
    await change(3)
    await shows('3')

    await after.fill('4')
    await change(5)
    await page.getByText(/^Alerts is now .*5/).waitFor()
    assert.deepEqual([await after.inputValue(), await save.isDisabled()], ['4', true])
    await page.getByRole('button', { name: 'Use theirs' }).click()
    await shows('5')
    await after.fill('6')
    await change(7)
    await page.getByRole('button', { name: 'Keep mine' }).click()
    await save.click()
    await until(async () => (await rule())?.after === 6)

    const held = Promise.withResolvers<void>()
    await intercept(page, '**/api/system/alerts', async (route) => {
      if (route.request().method() === 'PUT') await held.promise
      await route.continue()
    })
    try {
      await after.fill('8')
      await save.click()
      await after.fill('9')
      held.resolve()
      await until(async () => (await rule())?.after === 8)
    } finally {
      held.resolve()
      await endRoutes(page)
    }
    await save.click()
    await until(async () => (await rule())?.after === 9)
    assert.equal(await page.getByText(/^Alerts is now /).count(), 0)
    assert.deepEqual(tab.errors, [])
  },
)

test('a workflow notifies channels of its own', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
  await visit(page, `${server.url}/workflows/${id}/settings`)
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
    [1, ['failing', 'recovered', 'canary_aborted', 'settings_conflict', 'connection_lost', 'dead_letter'], 3],
  )
  assert.deepEqual(tab.errors, [])
})
