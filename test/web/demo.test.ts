/**
 * The first five minutes with the demo: an example succeeds without any account. And the templates as a newcomer uses
 * them: each is created, filled in with the values of the twins, and run. One applicant of Greenhouse arrives in Slack.
 * Clicks and seconds are printed. TEMPLATES=all runs all 20 in 90 s, otherwise five.
 */

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Browser, Locator } from 'playwright-core'
import { findBarriers, findOverflow } from '../helpers/axe.ts'
import { NARROW, NEEDS_BROWSER, openApp, type Tab, visit, WIDE, withApp } from '../helpers/browser.ts'
import { findTwin } from '../helpers/demo-server.ts'
import { readExample } from '../helpers/examples.ts'
import type { TestServer } from '../helpers/server.ts'
import { must, until } from '../helpers/workflows.ts'

const ALL = readdirSync(join(import.meta.dirname, '../../examples')).sort()
const SLUGS = process.env.TEMPLATES === 'all' ? ALL : ALL.filter((_, index) => index % 4 === 1)
const LANGUAGES = ['Python', 'TypeScript'] as const

type Checked = { readonly name: string; readonly hook_url: string; readonly sender_check: object | null }
type Connected = { readonly name: string; readonly status: string }
type Twins = { readonly twins: readonly { name: string; url: string; credentials: Record<string, string> }[] }

let server: TestServer
let browser: Browser
let tab: Tab
let clicks = 0

withApp(
  (app) => ({ browser, server, tab } = app),
  () => openApp({ env: { WORKFLOWS_DEMO: '1' } }),
)

/** The first: a new installation offers examples on its first page, and has no connections yet. */
test('a new person starts an example, and its first test succeeds', NEEDS_BROWSER, async () => {
  const { page, errors } = tab
  await page.goto(server.url)
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
  await visit(page, `${server.url}/workflows`)
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
  const { y = 0, height = 0 } = (await dialog.getByRole('button', { name: 'Create', exact: true }).boundingBox()) ?? {}
  assert.ok(height > 0 && y + height < WIDE.height, 'below the list of examples, at the end of the window')
  await page.setViewportSize(NARROW)
  assert.deepEqual(await findOverflow(page), [], 'on a phone')
  await page.setViewportSize(WIDE)
  assert.deepEqual(errors, [])
})

test(
  'an example that needs sign-ins asks for them, and runs with the twins in both languages',
  NEEDS_BROWSER,
  async () => {
    const { page, errors } = tab
    const dialog = page.getByRole('dialog', { name: 'Create workflow' })
    const choose = async (language: string) => {
      await visit(page, `${server.url}/workflows`)
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
    await page.getByText('A sign-in is missing').waitFor({ state: 'detached' })
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
  await visit(page, `${server.url}/workflows`)
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

/** Names of the workflow's connections that need a sign-in. */
async function findMissing(id: string): Promise<readonly string[]> {
  const used = (await must(server.api<{ connections: string[] }>('GET', `/api/workflows/${id}`), 200)).connections
  const { data } = await must(server.api<{ data: Connected[] }>('GET', '/api/connections'), 200)
  return data.filter(({ name, status }) => used.includes(name) && status !== 'connected').map(({ name }) => name)
}

async function signInToMissing(): Promise<void> {
  const { page } = tab
  const function_ = page.url()
  // The page offers them once it has read the connections.
  for (const name of await findMissing(function_.split('/').at(-2) ?? '')) {
    await click(page.getByRole('button', { name: `Sign in to ${name}` }))
    await page.getByText(`The connection ${name} is signed in.`).waitFor()
    // The browser is on the page of connections now.
    await visit(page, function_)
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

test('the template that turns people down comes with its oversight', NEEDS_BROWSER, async () => {
  await create('catch-screen-applications', 'Python', 'screening')
  type Screening = { readonly name: string; readonly decisions: { readonly oversight: object } | null }
  const { data } = await must(server.api<{ data: Screening[] }>('GET', '/api/workflows?q=screening'), 200)
  assert.match(JSON.stringify(data[0]?.decisions?.oversight), /"outcomes":\["reject"\]/)
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
