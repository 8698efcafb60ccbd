/** A busy installation: 200 workflows and 50,000 runs, used by keyboard and mouse. Each step has its seconds. */

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { candidateOf, writeHistory } from '../../../bench/million-runs.ts'
import { NEEDS_BROWSER, openApp, openTab, type Tab } from '../../helpers/browser.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { STORY_VIEW, type Story, tellStory } from '../../helpers/story.ts'
import { must, until, type WorkflowBody } from '../../helpers/workflows.ts'

const SKIP =
  process.env.STORIES === '1' ? NEEDS_BROWSER.skip : 'writes 50,000 runs, which takes long: STORIES=1 runs it'
const WORKFLOWS = 200
const RUNS = 50_000
/** All of them within 24 hours. */
const APART_MS = 1500
const TEAMS = 'payroll intake sourcing scoring offers onboarding referrals reports alumni agencies'.split(' ')
const SOURCE = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": ""}\n'

const nameOf = (number: number) => `${TEAMS[number % 10]} hook ${String(number).padStart(3, '0')}`

type World = { readonly server: TestServer; readonly tab: Tab }

async function begin(t: TestContext): Promise<World> {
  const { browser, server: first, tab: owner } = await openApp()
  t.after(() => browser.close())
  const ids: string[] = []
  for (let number = 0; number < WORKFLOWS; number += 1) {
    const made = { name: nameOf(number), kind: 'catch', tags: [TEAMS[number % 10]] }
    const { id } = await must(first.api<WorkflowBody>('POST', '/api/workflows', made), 201)
    if (number < 10) await must(first.api('POST', `/api/workflows/${id}/versions`, { source: SOURCE }), 201)
    ids.push(id)
  }
  const tab = await openTab(browser, { like: owner, ...STORY_VIEW })
  await first.stop()
  const options = { databaseUrl: null, dataDir: first.dataDir }
  await writeHistory(options, { workflowIds: ids, count: RUNS, until: Date.now(), apartMs: APART_MS })
  countAgain(first.dataDir)
  const server = await startServer({ dataDir: first.dataDir, env: { WORKFLOWS_API_KEY: first.apiKey } })
  t.after(() => server.close())
  await owner.context.close()
  return { server, tab }
}

/** The counts reach back to before these runs, so the server would count none of them. */
function countAgain(dataDir: string): void {
  const database = new DatabaseSync(join(dataDir, 'workflows.db'))
  database.exec('delete from run_counts_reach')
  database.close()
}

test('200 workflows and 50,000 runs are found, sorted, filtered and changed without waiting', {
  skip: SKIP,
}, async (t) => {
  const world = await begin(t)
  const story = tellStory(t, world.tab, 'many')
  await seeHome(world, story)
  await findWorkflows(world, story)
  await changeTogether(world, story)
  await findRuns(world, story)
  await usePalette(world, story)
  story.end()
})

const list = ({ tab: { page } }: World) => page.getByRole('list', { name: 'Workflows' })
const links = (world: World) => list(world).getByRole('link')
const shows = (world: World, count: number) => until(async () => (await links(world).count()) === count)

async function seeHome({ server, tab: { page } }: World, story: Story): Promise<void> {
  await page.goto(server.url)
  await page.getByText(/^[\d,]{5,} runs, \d+ failed in the last 24 hours$/).waitFor()
  await page
    .getByRole('button', { name: /runs, \d+ failed$/ })
    .first()
    .waitFor()
  await story.look('Home, with the chart of 50,000 runs')
}

async function findWorkflows(world: World, story: Story): Promise<void> {
  const { page } = world.tab
  await page.getByRole('link', { name: 'Workflows', exact: true }).first().click()
  await page.getByText('200 workflows').waitFor()
  await list(world)
    .getByRole('link', { name: /Calls, 24 h: [1-9].*Failures: .*p95: / })
    .first()
    .waitFor()
  await story.look('200 workflows, with their columns')
  await page.keyboard.press('/')
  await page.keyboard.type('007 reprots')
  await until(async () => (await links(world).count()) === 1)
  await list(world)
    .getByRole('link', { name: nameOf(7) })
    .waitFor()
  await story.look('/, words in another order, and a typing error: one workflow')
  await page.keyboard.press('Escape')
  await page.getByLabel('Find a workflow by its name').fill('')
  await page.getByRole('combobox', { name: 'Order' }).click()
  await page.getByRole('option', { name: 'By name' }).click()
  await until(async () => /agencies hook 009/.test((await links(world).first().textContent()) ?? ''))
  story('sorted by name')
  await page.getByRole('combobox', { name: 'Tag' }).click()
  await page.getByRole('option', { name: 'intake' }).click()
  await shows(world, 20)
  await story.look('one of ten tags: 20 workflows')
}

async function changeTogether(world: World, story: Story): Promise<void> {
  const { page } = world.tab
  await page.getByRole('heading', { level: 1 }).click()
  for (const key of ['j', 'x', 'j', 'x', 'k']) await page.keyboard.press(key)
  const bar = page.getByRole('toolbar', { name: 'Selected workflows' })
  await bar.getByText('2 workflows selected').waitFor()
  await story.look('j, x and k select two')
  await bar.getByRole('button', { name: 'Add tags' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add tags' })
  await dialog.getByLabel('Tags').fill('urgent')
  await page.keyboard.press('Enter')
  await dialog.getByRole('button', { name: 'Add' }).click()
  await page.getByText('2 workflows tagged.').waitFor()
  story('both get a tag')
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /intake hook/ }).waitFor()
  await story.look('Enter opens a workflow')
}

async function findRuns({ tab: { page } }: World, story: Story): Promise<void> {
  await page.getByRole('link', { name: 'Runs', exact: true }).first().click()
  const rows = page.getByRole('list', { name: 'Runs' }).getByRole('link')
  await rows.first().waitFor()
  await page
    .getByText(/50,000 runs/)
    .first()
    .waitFor()
  await story.look('Runs, with their chart')
  await page.getByRole('combobox', { name: 'State' }).click()
  await page.getByRole('option', { name: 'Failed', exact: true }).click()
  await until(async () => /ValueError: run/.test((await rows.first().textContent()) ?? ''))
  await story.look('only failed runs')
  await page.getByRole('link', { name: 'Runs', exact: true }).first().click()
  await rows.filter({ hasText: 'Succeeded' }).first().waitFor()
  const { file } = candidateOf(1234)
  await page.getByRole('textbox', { name: 'Search runs' }).click()
  await page.keyboard.type(file)
  await until(async () => (await rows.count()) === 1)
  await story.look('a run found by the name of a file among 50,000')
  await rows.first().click()
  await page.getByText(`parsed ${file}`).waitFor()
  await story.look('the run')
}

async function usePalette({ tab: { page } }: World, story: Story): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.getByRole('textbox', { name: 'Find a command' }).fill('190 payroll')
  await page.getByRole('dialog').getByText('payroll hook 190').first().waitFor()
  story('the palette finds one of 200 workflows')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /payroll hook 190/ }).waitFor()
  await story.look('and opens it')
}
