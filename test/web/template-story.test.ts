/**
 * The templates as a newcomer uses them: each is created, filled in with the values of the twins, and run. One applicant
 * of Greenhouse arrives in Slack. Clicks and seconds are printed. TEMPLATES=all runs all 20 in 90 s, otherwise five.
 */

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { Browser, Locator } from 'playwright-core'
import { NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import { findTwin } from '../helpers/demo-server.ts'
import { readExample } from '../helpers/examples.ts'
import type { TestServer } from '../helpers/server.ts'
import { must, until } from '../helpers/workflows.ts'

const ALL = readdirSync(join(import.meta.dirname, '../../examples')).sort()
const SLUGS = process.env.TEMPLATES === 'all' ? ALL : ALL.filter((_, index) => index % 4 === 1)
const LANGUAGES = ['Python', 'TypeScript'] as const

type Checked = { readonly name: string; readonly hook_url: string; readonly sender_check: object | null }
type Twins = { readonly twins: readonly { name: string; url: string; credentials: Record<string, string> }[] }

let server: TestServer
let browser: Browser
let tab: Tab
let clicks = 0

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp({ env: { WORKFLOWS_DEMO: '1' } }))
})
after(async () => {
  await browser?.close()
  await server?.close()
})

async function click(target: Locator): Promise<void> {
  clicks += 1
  await target.click()
}

function startClock(t: TestContext): (what: string) => void {
  const [start, before] = [performance.now(), clicks]
  return (what) =>
    t.diagnostic(`${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s ${clicks - before} clicks: ${what}`)
}

async function create(slug: string, language: (typeof LANGUAGES)[number], name: string): Promise<void> {
  const { page } = tab
  const { title, kind } = readExample(slug)
  await page.goto(`${server.url}/workflows`)
  await click(page.getByRole('button', { name: 'Create workflow' }))
  const dialog = page.getByRole('dialog', { name: 'Create workflow' })
  if (kind === 'pull') await click(dialog.getByRole('radio', { name: 'Pull', exact: true }))
  if (language !== 'Python') await click(dialog.getByRole('radio', { name: language, exact: true }))
  await click(dialog.getByRole('radio', { name: title, exact: true }))
  await dialog.getByLabel('Name').fill(name)
  await click(dialog.getByRole('button', { name: 'Create', exact: true }))
  await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
}

async function post(url: string, sent: object): Promise<{ readonly name?: string }> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(sent),
  })
  assert.equal(answer.status, 201, await answer.clone().text())
  return (await answer.json()) as { name?: string }
}

async function signInToMissing(): Promise<void> {
  const { page } = tab
  const function_ = page.url()
  for (;;) {
    const signIn = page.getByRole('button', { name: /^Sign in to / })
    if ((await signIn.count()) === 0) return
    await click(signIn.first())
    await page.getByText(/The connection \w+ is signed in\./).waitFor()
    // The browser is on the page of connections now.
    await page.goto(function_)
    await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
  }
}

test('an applicant of Greenhouse is parsed, stored and announced in Slack', NEEDS_BROWSER, async (t) => {
  const { page, errors } = tab
  const tell = startClock(t)
  await create('catch-greenhouse-application', 'Python', 'greenhouse to slack')
  tell('created')
  const { twins } = await must(server.api<Twins>('GET', '/api/system'), 200)
  const [greenhouse, slack] = [findTwin(twins, 'greenhouse'), findTwin(twins, 'slack')]
  await click(page.getByRole('tab', { name: 'Settings' }))
  const panel = page.locator('section', { has: page.getByRole('heading', { name: 'Who may call' }) })
  await click(panel.getByRole('combobox', { name: 'Check' }))
  await click(page.getByRole('option', { name: 'Greenhouse', exact: true }))
  await panel.getByLabel('Secret').fill(greenhouse.credentials['webhook_secret'] ?? '')
  await click(panel.getByRole('button', { name: 'Save' }).first())
  const workflow = await until(async () => {
    const { data } = await must(server.api<{ data: Checked[] }>('GET', '/api/workflows'), 200)
    return data.find(({ name, sender_check }) => name === 'greenhouse to slack' && sender_check !== null)
  })
  tell('the caller check')
  await post(`${greenhouse.url}/hooks`, { url: workflow.hook_url })
  const { name } = await post(`${greenhouse.url}/events`, {})
  const token = { headers: { authorization: `Bearer ${slack.credentials['bot_token']}` } }
  const history = `${slack.url}/api/conversations.history?channel=C0HIRING`
  await until(async () => (await (await fetch(history, token)).text()).includes(`New application: ${name} for `))
  tell('an application was announced in Slack')
  await click(page.getByRole('tab', { name: 'Runs' }))
  await click(page.getByRole('list', { name: 'Runs' }).getByRole('link').first())
  await page.getByText(String(name)).first().waitFor()
  tell('its run, with the parsed profile')
  assert.deepEqual(errors, [])
})

test('each template runs with the values of the twins', NEEDS_BROWSER, async (t) => {
  const { page, errors } = tab
  assert.ok(ALL.length >= 20)
  for (const [index, slug] of SLUGS.entries()) {
    const tell = startClock(t)
    const language = LANGUAGES[index % 2] ?? 'Python'
    await create(slug, language, `${slug} story`)
    await signInToMissing()
    await click(page.getByRole('button', { name: /^Run/ }))
    const panel = page.locator('section', { has: page.getByRole('heading', { name: 'Test', exact: true }) })
    await panel.getByText('Succeeded', { exact: true }).waitFor()
    tell(`${slug} in ${language}`)
  }
  assert.deepEqual(errors, [])
})
