/** Long lists of choices are searched by typing, and dates are in the language of the words around them. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { NEEDS_BROWSER, openApp, openTab, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, runOf } from '../helpers/workflows.ts'

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

test('a time zone is found by typing, and an unknown one is called unknown', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = 'def workflow(settings):\n    pass\n'
  const { id } = await createPull(server, { source, schedule: { cron: '0 7 * * *', timezone: 'Europe/Paris' } })
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const zone = page.getByRole('combobox', { name: 'Time zone' })
  await zone.click()
  await page.keyboard.type('York')
  await page.getByRole('option', { name: 'America/New_York' }).click()
  assert.equal(await zone.inputValue(), 'America/New_York')
  await zone.click()
  await page.keyboard.type('Yrok')
  await page.getByText('No such time zone').waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await zone.inputValue(), 'America/New_York')
})

test('a sender check is found by typing', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const check = page.getByRole('combobox', { name: 'Check' })
  await check.click()
  await page.keyboard.type('GitHub')
  await page.keyboard.press('Enter')
  assert.match(await check.inputValue(), /^GitHub/)
})

test('in a French browser, dates and numbers are French as the words are', NEEDS_BROWSER, async () => {
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  const run = await runOf(server, await callHook(workflow, {}))
  const french = await openTab(browser, { like: tab, locale: 'fr-FR' })
  await french.page.goto(`${server.url}/runs/${run.id}`)
  await french.page
    .getByText(/^(maintenant|il y a \d+\s(s|min))/)
    .first()
    .waitFor()
  await french.page.goto(`${server.url}/workflows/${workflow.id}`)
  await french.page
    .getByText(/(maintenant|il y a \d+\s(s|min))$/)
    .first()
    .waitFor()
  assert.doesNotMatch((await french.page.textContent('main')) ?? '', /\b(ago|now)\b/)
  await french.context.close()
})
