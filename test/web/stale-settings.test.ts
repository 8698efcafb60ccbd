/** Two people in the settings of one workflow: other fields follow by themselves, the same field is a choice. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endRoutes, intercept, keepScreenshot, NEEDS_BROWSER, type Tab, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, createPull, must, until, type WorkflowBody } from '../helpers/workflows.ts'

let server: TestServer
let tab: Tab

withApp((app) => ({ server, tab } = app))

test(
  'a field that someone else changed during the edit is not overwritten without a choice',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const { id } = await createCatch(server, { name: 'first', source: 'def workflow(r, s):\n    pass\n' })
    const read = () => must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)
    const patch = (fields: object) => must(server.api('PATCH', `/api/workflows/${id}`, fields), 200)
    await page.goto(`${server.url}/workflows/${id}/settings`)
    const name = page.getByRole('textbox', { name: /^Name/ })
    const save = page.getByRole('button', { name: 'Save', exact: true }).first()

    await page.getByLabel('Description').fill('mine')
    await patch({ name: 'second' })
    await until(async () => (await name.inputValue()) === 'second')
    await patch({ timeout_seconds: 17 })
    await save.click()
    await page.getByText('Saved.').waitFor()
    const after = await read()
    assert.deepEqual([after.name, after.description, after.timeout_seconds], ['second', 'mine', 17])

    await name.fill('my name')
    await patch({ name: 'their name' })
    await page.getByText('name is now "their name"').waitFor()
    assert.equal(await save.isDisabled(), true)
    await keepScreenshot(tab, 'stale-settings')
    await page.getByRole('button', { name: 'Use theirs' }).click()
    assert.equal(await name.inputValue(), 'their name')
    await name.fill('my name')
    await patch({ name: 'their other name' })
    await page.getByRole('button', { name: 'Keep mine' }).click()
    await save.click()
    await page.getByRole('heading', { name: /my name/ }).waitFor()
    assert.equal((await read()).name, 'my name')
  },
)

test('a save whose answer is late is not taken for the change of someone else', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { name: 'first', source: 'def workflow(r, s):\n    pass\n' })
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const answered = Promise.withResolvers<void>()
  const path = `**/api/workflows/${id}`
  await intercept(page, path, async (route) => {
    const response = await route.fetch()
    if (route.request().method() === 'PATCH') await answered.promise
    await route.fulfill({ response })
  })
  try {
    await page.getByRole('textbox', { name: /^Name/ }).fill('second')
    await page.getByRole('button', { name: 'Save', exact: true }).first().click()
    await page.getByRole('heading', { name: /second/ }).waitFor()
    assert.equal(await page.getByText('Someone else changed this while you were editing').count(), 0)
    answered.resolve()
    await page.getByText('Saved.').waitFor()
  } finally {
    answered.resolve()
    await endRoutes(page)
  }
})

test('a schedule that someone else changed is followed, or requires a choice', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createPull(server, {
    source: 'def workflow(settings):\n    pass\n',
    schedule: { every_seconds: 600 },
  })
  const patch = (cron: string) =>
    must(server.api('PATCH', `/api/workflows/${id}`, { schedule: { cron, timezone: 'UTC' } }), 200)
  const stored = async () => (await must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)).schedule
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const cron = page.getByRole('textbox', { name: /^Cron/ })
  const form = page.locator('form').filter({ has: page.getByRole('radio', { name: 'By cron' }) })
  const save = form.getByRole('button', { name: 'Save', exact: true })
  await page.getByText('By cron', { exact: true }).waitFor()
  await patch('0 5 * * *')
  await until(async () => (await cron.count()) === 1 && (await cron.inputValue()) === '0 5 * * *')

  await cron.fill('0 7 * * *')
  await patch('0 8 * * *')
  await page.getByText(/^schedule is now /).waitFor()
  assert.equal(await save.isDisabled(), true)
  await page.getByRole('button', { name: 'Use theirs' }).click()
  assert.equal(await cron.inputValue(), '0 8 * * *')
  await cron.fill('0 9 * * *')
  await save.click()
  await page.getByText('Saved.').waitFor()
  assert.match(JSON.stringify(await stored()), /0 9 \* \* \*/)
})

test('the sender check is not overwritten without a choice', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
  const read = () => must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)
  const patch = (fields: object) => must(server.api('PATCH', `/api/workflows/${id}`, fields), 200)
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const addresses = page.getByLabel('Addresses')
  await addresses.fill('192.0.2.7\n')
  await patch({ allowed_ips: ['10.0.0.0/8'] })
  await page.getByText('allowed ips is now ["10.0.0.0/8"]').waitFor()
  await page.getByRole('button', { name: 'Keep mine' }).click()
  assert.equal(await addresses.inputValue(), '192.0.2.7\n')
  const form = page.locator('form').filter({ has: addresses })
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  await until(async () => JSON.stringify((await read()).allowed_ips) === '["192.0.2.7"]')

  await page.getByRole('combobox', { name: 'Check' }).click()
  await page.getByRole('option', { name: /Bearer/ }).click()
  await page.getByLabel('Secret', { exact: false }).first().fill('a long secret')
  await patch({ sender_check: { scheme: 'github', secret: 'their own secret' } })
  await page.getByText(/^sender check is now .*github/).waitFor()
  await page.getByRole('button', { name: 'Use theirs' }).click()
  await until(async () => /github/i.test(await page.getByRole('combobox', { name: 'Check' }).inputValue()))
})

test('text typed during a save is kept and saved by the next one', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { name: 'before', source: 'def workflow(r, s):\n    pass\n' })
  const read = () => must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const name = page.getByRole('textbox', { name: /^Name/ })
  const addresses = page.getByLabel('Addresses')
  const saveOf = (field: typeof name) =>
    page.locator('form').filter({ has: field }).getByRole('button', { name: 'Save', exact: true })
  for (const [field, first, second, saved] of [
    [name, 'first', 'second', 'name'],
    [addresses, '192.0.2.1', '192.0.2.2', 'allowed_ips'],
  ] as const) {
    let answer = () => {}
    const held = new Promise<void>((resolve) => (answer = resolve))
    await intercept(page, `**/api/workflows/${id}`, async (route) => {
      if (route.request().method() === 'PATCH') await held
      await route.continue()
    })
    await field.fill(first)
    await saveOf(field).click()
    await field.fill(second)
    // The note leaves after 3 s.
    const noted = page.getByText('Saved.').first().waitFor()
    answer()
    await until(async () => JSON.stringify((await read())[saved]).includes(first))
    await endRoutes(page)
    await noted
    assert.equal(await field.inputValue(), second)
    await saveOf(field).click()
    await until(async () => JSON.stringify((await read())[saved]).includes(second))
  }
})

test('a key that saves during a save saves what was typed since', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { name: 'before', source: 'def workflow(r, s):\n    pass\n' })
  const read = () => must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)
  const held = Promise.withResolvers<void>()
  const path = `**/api/workflows/${id}`
  await page.goto(`${server.url}/workflows/${id}/settings`)
  await intercept(page, path, async (route) => {
    if (route.request().method() === 'PATCH') await held.promise
    await route.continue()
  })
  try {
    const name = page.getByRole('textbox', { name: /^Name/ })
    await name.fill('first')
    await page.keyboard.press('Control+s')
    await name.fill('second')
    await page.keyboard.press('Control+s')
    held.resolve()
    await until(async () => (await read()).name === 'second')
    await page.locator('form', { has: name }).getByRole('button', { name: 'Save', disabled: true }).waitFor()
  } finally {
    held.resolve()
    await endRoutes(page)
  }
  assert.equal(await page.getByText('Someone else changed this while you were editing').count(), 0)
})
