/** The first five minutes with the demo: an example succeeds without any account. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { findBarriers, findOverflow } from '../helpers/axe.ts'
import { NARROW, NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp({ env: { WORKFLOWS_DEMO: '1' } }))
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('a new person starts an example, and its first test succeeds', NEEDS_BROWSER, async () => {
  const { page, errors } = tab
  await page.getByRole('button', { name: /^Parse a resume by URL/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Create workflow' })
  assert.equal(await dialog.getByRole('checkbox', { name: 'Fill in the demo services' }).isChecked(), true)
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
  await page.getByRole('group', { name: 'OTHER_SERVICE_URL' }).waitFor()
  assert.equal(await page.getByText('Used by your code').count(), 0)
  await page.getByRole('button', { name: /^Run/ }).click()
  await page.getByText('demo-42').waitFor()
  assert.deepEqual(errors, [])
})

test('examples are in groups, and a search finds those that have all its words', NEEDS_BROWSER, async () => {
  const { page, errors } = tab
  await page.goto(`${server.url}/workflows`)
  await page.getByRole('button', { name: 'Create workflow' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create workflow' })
  await dialog.getByRole('radio', { name: 'Pull', exact: true }).click()
  await dialog.getByRole('heading', { name: 'Notify people' }).waitFor()
  await dialog.getByRole('radio', { name: 'Recruitee job feed' }).check()
  const search = dialog.getByRole('textbox', { name: 'Find an example' })
  await search.fill('notify LEVER')
  await dialog.getByRole('radio', { name: 'Workable candidates' }).waitFor({ state: 'detached' })
  // The chosen one stays.
  const names = await dialog.getByRole('radiogroup', { name: 'Start from' }).getByRole('radio').allInnerTexts()
  assert.equal(names.length, 4)
  for (const name of ['Blank', 'Recruitee job feed', 'Lever candidates to Slack', 'HrFlow connector'])
    await dialog.getByRole('radio', { name, exact: true }).waitFor()
  await search.fill('no such words')
  await dialog.getByText('No examples match.').waitFor()
  await search.press('Enter')
  await search.fill('')
  await dialog.getByRole('radio', { name: 'Workable candidates' }).waitFor()
  assert.deepEqual(await findBarriers(page), [])
  await page.setViewportSize(NARROW)
  assert.deepEqual(await findOverflow(page), [], 'on a phone')
  assert.deepEqual(errors, [])
})

test(
  'an example that needs sign-ins asks for them, and runs with the twins in both languages',
  NEEDS_BROWSER,
  async () => {
    const { page, errors } = tab
    const dialog = page.getByRole('dialog', { name: 'Create workflow' })
    const choose = async (language: string) => {
      await page.goto(`${server.url}/workflows`)
      await page.getByRole('button', { name: 'Create workflow' }).click()
      await dialog.getByRole('radio', { name: 'Pull', exact: true }).click()
      await dialog.getByRole('radio', { name: language, exact: true }).check()
      await dialog.getByRole('radio', { name: 'Lever candidates to Slack', exact: true }).check()
      return dialog.getByRole('group', { name: 'Connections' })
    }
    /** The schedule of a deployed workflow may have announced them before. */
    const run = async (result: RegExp) => {
      await page.getByRole('button', { name: /^Run/ }).click()
      await page.getByRole('region', { name: 'Return value' }).getByText(result).waitFor()
    }
    const needed = await choose('Python')
    await needed.getByText('Lever: the connection lever to the demo service is created.').waitFor()
    await dialog.getByRole('checkbox', { name: 'Fill in the demo services' }).uncheck()
    await needed.getByLabel('Client ID of Slack').waitFor()
    await needed.getByLabel('Client secret of Lever').waitFor()
    assert.deepEqual(await findBarriers(page), [])
    await dialog.getByRole('checkbox', { name: 'Fill in the demo services' }).check()
    await dialog.getByLabel('Name').fill('lever news')
    await dialog.getByRole('button', { name: 'Create', exact: true }).click()

    await page.getByText('A sign-in is missing').waitFor()
    assert.deepEqual(await findBarriers(page), [])
    await page.getByRole('button', { name: 'Sign in to lever' }).click()
    await page.getByText('The connection lever is signed in.').waitFor()
    const row = page.getByRole('table', { name: 'Connections' }).getByRole('row').filter({ hasText: 'slack' })
    await row.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The connection slack is signed in.').waitFor()
    await row.getByText('Nordwind').waitFor()
    await row.getByRole('link', { name: 'lever news' }).click()
    await page.getByRole('group', { name: 'SLACK_CHANNEL' }).waitFor()
    assert.equal(await page.getByText('A sign-in is missing').count(), 0)
    await run(/\d+ announced/)

    const used = await choose('TypeScript')
    await used.getByText('Slack: the connection slack is used.').waitFor()
    await dialog.getByLabel('Name').fill('lever news in TypeScript')
    await dialog.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
    await run(/\d+ announced|none/)
    const { data } = await (await page.request.get(`${server.url}/api/workflows`)).json()
    const made = data.filter(({ name }: { name: string }) => name.startsWith('lever news'))
    assert.deepEqual(made.map(({ runtime }: { runtime: string }) => runtime).sort(), ['node24', 'python3'])
    assert.deepEqual(errors, [])
  },
)
