/**
 * The first hour of a developer, in both languages: from the account to a function of their own with a package, a proven
 * fix, an alert channel and a schedule.
 */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import type { Locator } from 'playwright-core'
import { type AlertReceiver, startAlertReceiver } from '../../helpers/alert-receiver.ts'
import { createOwner, NEEDS_BROWSER, openBrowser, openTab, type Tab } from '../../helpers/browser.ts'
import { startRegistry } from '../../helpers/registry.ts'
import { startServer } from '../../helpers/server.ts'
import { deployCode, type Story, tellStory, writeCode } from '../../helpers/story.ts'
import { makePackage, onlyFrom } from '../../helpers/wheels.ts'
import { until } from '../../helpers/workflows.ts'

const run = promisify(execFile)
/** As each wait of the story: on a busy machine the first run of a version alone takes many seconds. */
const CURL_MS = 180_000

type Language = {
  readonly name: 'Python' | 'TypeScript'
  readonly source: string
  addPackage(packages: Locator): Promise<void>
  readonly failure: RegExp
  fix(source: string): string
}

const PYTHON: Language = {
  name: 'Python',
  source: `import json

import tidy_cv


def workflow(_request, settings):
    meta = json.loads(_request["meta"])
    words = tidy_cv.tidy(_request["cv"].content.decode())
    print("scored", _request["cv"].filename, "with a key of", len(settings["SCORER_KEY"]), "letters")
    body = {"board": settings["BOARD"], "words": words, "email": meta["email"]}
    return {"status_code": 201, "body": json.dumps(body)}
`,
  async addPackage(packages) {
    await packages.getByRole('textbox', { name: 'Package' }).fill('tidy-cv')
    await packages.getByRole('button', { name: 'Add package' }).click()
  },
  failure: /KeyError: 'meta'/,
  fix: (source) => source.replace('_request["meta"]', '_request.get("meta", \'{"email": null}\')'),
}

const TYPESCRIPT: Language = {
  name: 'TypeScript',
  source: `import { tidy } from 'tidy-cv'

export default async function workflow(request: WorkflowRequest, settings: WorkflowSettings) {
  const meta = JSON.parse(request.fields.meta)
  const words = tidy(await request.cv.text())
  console.log('scored', request.cv.name, 'with a key of', String(settings.SCORER_KEY).length, 'letters')
  return { status_code: 201, body: JSON.stringify({ board: settings.BOARD, words, email: meta.email }) }
}
`,
  addPackage: (packages) => packages.getByRole('button', { name: 'Use npm:tidy-cv' }).click(),
  failure: /SyntaxError/,
  fix: (source) => source.replace('request.fields.meta', 'request.fields.meta ?? "{}"'),
}

const TIDY = "export const tidy = (text) => text.split(' ').length\n"

for (const language of [PYTHON, TYPESCRIPT])
  test(
    `in the first hour a developer writes, tests, deploys, calls, fixes and watches a function in ${language.name}`,
    NEEDS_BROWSER,
    async (t) => {
      const { tab, alerts } = await arrive(t)
      const story = tellStory(t, tab, `first-hour-${language.name.toLowerCase()}`)
      await story.look('the owner’s account')
      await create(tab, language)
      await story.look('Create workflow: Catch, blank')
      await write(tab, language, story)
      await tryOut(tab, story)
      await deployAndCall(tab, story)
      await fix(tab, language, story)
      await watch(tab, alerts, story)
      await schedule(tab, language, story)
      story.end()
    },
  )

/** Signs up at a new server, which gets packages from this machine. */
async function arrive(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'workflows-first-hour-'))
  const index = join(root, 'index')
  const files = { 'tidy_cv.py': 'def tidy(text):\n    return len(text.split())\n' }
  makePackage(index, { name: 'tidy-cv', version: '1.0', files })
  const registry = await startRegistry([{ name: 'tidy-cv', version: '1.2.0', files: { 'index.js': TIDY } }])
  const alerts = await startAlertReceiver()
  const browser = await openBrowser()
  const server = await startServer({
    env: { ...onlyFrom(index), NPM_CONFIG_REGISTRY: registry.url, WORKFLOWS_EGRESS_ALLOW: new URL(alerts.url).host },
  })
  t.after(async () => {
    await browser.close()
    await server.close()
    registry.close()
    alerts.close()
    rmSync(root, { recursive: true, force: true })
  })
  const tab = await openTab(browser)
  await createOwner(tab, server.output())
  return { tab, alerts }
}

async function create({ page }: Tab, { name }: Language, kind: 'Catch' | 'Pull' = 'Catch'): Promise<void> {
  await page.getByRole('button', { name: 'Create workflow' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Create workflow' })
  await dialog.getByRole('radio', { name: kind, exact: true }).check()
  await dialog.getByRole('radio', { name, exact: true }).check()
  await dialog.getByRole('radio', { name: 'Blank', exact: true }).check()
  await dialog.getByLabel('Name').fill(kind === 'Catch' ? 'CV intake' : 'Nightly sync')
  if (kind === 'Pull') {
    await dialog.getByText('By cron', { exact: true }).click()
    await dialog.getByRole('textbox', { name: 'Cron' }).fill('30 7 * * 1-5')
  }
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
}

async function write({ page }: Tab, { source, addPackage }: Language, story: Story): Promise<void> {
  await writeCode(page, source)
  const packages = page.getByRole('region', { name: 'Packages' })
  await addPackage(packages)
  await packages.getByText('pending').waitFor()
  await story.look('the function, and its package')
  const key = page.getByRole('group', { name: 'SCORER_KEY', exact: true })
  await key.getByRole('switch', { name: 'Secret: SCORER_KEY', checked: true }).waitFor()
  await key.getByLabel('Value of SCORER_KEY').fill('hunter2hunter2')
  await key.getByRole('button', { name: 'Save' }).click()
  await key.getByRole('button', { name: 'Replace' }).waitFor()
  const board = page.getByRole('group', { name: 'BOARD', exact: true })
  await board.getByLabel('Value of BOARD').fill('nurses')
  await board.getByRole('button', { name: 'Save' }).click()
  await board.getByText('add a value').waitFor({ state: 'detached' })
  await story.look('the secret and the property that the code reads')
}

async function tryOut({ page }: Tab, story: Story): Promise<void> {
  await page.getByText('Sample request, made from what the code reads.').waitFor()
  await page.getByRole('group', { name: 'Form fields' }).getByText(/^cv\./).waitFor()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('region', { name: 'Response' }).getByText('nurses').waitFor()
  await page
    .getByRole('region', { name: 'Logs' })
    .getByText(/^scored cv\./)
    .waitFor()
  await story.look('a test with the sample request: log and result')
}

async function deployAndCall(tab: Tab, story: Story): Promise<void> {
  const { page } = tab
  await deployCode(page, 2)
  await page
    .getByRole('region', { name: 'Packages' })
    .getByText(/^Ready · /)
    .waitFor()
  await story.look('Deploy: the package is installed')
  await page.getByRole('tab', { name: 'Overview' }).click()
  const curl = page.getByRole('region', { name: 'curl command' }).filter({ hasText: 'meta' })
  const command = (await curl.textContent()) ?? ''
  const { stdout } = await run('sh', ['-c', command], { timeout: CURL_MS })
  assert.match(stdout, /^HTTP\/1\.1 201/)
  await page.getByRole('link', { name: /^Succeeded.*v2/ }).waitFor()
  await story.look('the curl of the overview: 201')
  // Another caller leaves out the text.
  const other = command.replace(/ \\?\s*-F 'meta=[^']*'/, '')
  assert.notEqual(other, command)
  assert.match((await run('sh', ['-c', other], { timeout: CURL_MS })).stdout, /^HTTP\/1\.1 500/)
  await page.getByRole('tab', { name: 'Runs' }).click()
  await page.getByRole('link', { name: /^Failed.*hook · v2/ }).waitFor()
  await page.getByRole('link', { name: /^Succeeded.*hook · v2/ }).click()
  await page
    .getByRole('region', { name: 'Logs' })
    .getByText(/^scored cv\./)
    .waitFor()
  await story.look('Runs, and the run')
  await page.goBack()
}

async function fix(tab: Tab, language: Language, story: Story): Promise<void> {
  const { page } = tab
  await page.getByRole('link', { name: /^Failed.*hook · v2/ }).click()
  await page.getByText(language.failure).first().waitFor()
  const failed = page.url()
  await story.look('a bad request: its run says what failed')
  await page.getByRole('link', { name: 'Test in editor' }).click()
  await page.getByText('Testing the request of a run').waitFor()
  await page.getByRole('group', { name: 'Form fields' }).getByText(/^cv\./).waitFor()
  const code = page.getByRole('textbox', { name: /^Code of the function/ })
  const shown = (await code.locator('.cm-line').allInnerTexts()).map((line) => line.replace(/^\n$/, ''))
  await writeCode(page, language.fix(shown.join('\n')))
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('Differs from the original run: Failed → 201.').waitFor()
  await story.look('Test in editor: the fix succeeds on the same request')
  await deployCode(page, 3)
  await page.goto(failed)
  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  await page.getByRole('link', { name: 'replay of another run' }).waitFor()
  await page.getByRole('region', { name: 'Response' }).getByText('nurses').waitFor()
  await story.look('Deploy, and Replay of the failed run')
}

async function watch({ page }: Tab, alerts: AlertReceiver, story: Story): Promise<void> {
  await page.getByRole('link', { name: 'Settings', exact: true }).first().click()
  await page.getByRole('tab', { name: 'Alerts' }).click()
  const form = page.getByRole('form', { name: 'New channel' })
  await form.getByRole('textbox', { name: 'Name' }).fill('On call')
  await form.getByRole('combobox', { name: 'Type' }).click()
  await page.getByRole('option', { name: 'Webhook', exact: true }).click()
  await form.getByRole('textbox', { name: 'URL' }).fill(alerts.url)
  await form.getByRole('button', { name: 'Add channel' }).click()
  await page.getByRole('button', { name: 'Send a test' }).click()
  await page.getByText('Test message delivered.').waitFor()
  await until(async () => alerts.received.length === 1)
  await story.look('an alert channel, and its test message')
}

async function schedule(tab: Tab, language: Language, story: Story): Promise<void> {
  const { page } = tab
  await page.getByRole('link', { name: 'Workflows', exact: true }).first().click()
  await create(tab, language, 'Pull')
  // The workflow has no deployed version, so no dialog compares.
  await page.getByRole('button', { name: 'Deploy', exact: true }).click()
  await page.getByText('v1 deployed').waitFor()
  await page.getByRole('tab', { name: 'Overview' }).click()
  await page.getByText(/At 07:30, Monday through Friday/i).waitFor()
  await page.getByRole('list', { name: 'Next ticks' }).getByRole('listitem').nth(9).waitFor()
  await page.getByRole('button', { name: 'Run now' }).click()
  await page.waitForURL('**/runs/run_*')
  await page.getByRole('heading', { name: /Succeeded/ }).waitFor()
  await story.look('a Pull workflow: deployed, its next ticks, and a run by hand')
}
