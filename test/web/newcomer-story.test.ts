/**
 * The newcomer's story as one run, by README and docs/start/first-workflow.md alone: from `git clone` and `npm start` to a
 * run of one's own code by the pasted `curl`, then a fix of a failed run that is proven with the same request before it is
 * deployed. Each step is printed with its seconds. It installs the packages anew, so it runs only with NEWCOMER=1.
 */

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { createOwner, keepScreenshot, NEEDS_BROWSER, openBrowser, openTab, type Tab } from '../helpers/browser.ts'
import { type Clock, createClock, deployCode, writeCode } from '../helpers/story.ts'
import { until } from '../helpers/workflows.ts'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
const SKIP = process.env.NEWCOMER === '1' ? NEEDS_BROWSER.skip : 'long: NEWCOMER=1 runs it'
const FIRST_START_MS = 300_000

test('a newcomer comes from npm start to a run of own code, and proves a fix before deploying it', {
  skip: SKIP,
}, async (t) => {
  const step = createClock(t)
  const home = await mkdtemp(join(tmpdir(), 'newcomer-'))
  const clone = join(home, 'workflows')
  await run('git', ['clone', '-q', ROOT, clone])
  step('git clone')
  const started = start(t, clone)
  // Hooks run in the order of their registration: the server has stopped before its files go.
  t.after(() => rm(home, { recursive: true, force: true }))
  const output = await started
  step('npm start, the first time')
  const browser = await openBrowser()
  t.after(() => browser.close())
  const tab = await openTab(browser)
  // The browser is no part of the story.
  step.again()
  await createOwner(tab, output())
  step('the link, and the owner’s account')
  await writeAndDeploy(tab, step)
  await callByCurl(tab, step)
  await fixFailedRun(tab, step)
  assert.deepEqual(tab.errors, [])
  step.total()
})

/** Returns what it has printed so far, once it is ready. */
async function start(t: TestContext, clone: string): Promise<() => string> {
  const env = {
    ...process.env,
    WORKFLOWS_PORT: '0',
    WORKFLOWS_GRACE_SECONDS: '1',
    WORKFLOWS_DATA_DIR: join(clone, 'data'),
  }
  const npm = spawn('npm', ['start'], { cwd: clone, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk) => (printed += chunk))
  const ended = new Promise((done) => npm.once('close', done))
  t.after(async () => {
    if (npm.pid !== undefined && npm.exitCode === null) process.kill(-npm.pid, 'SIGTERM')
    await ended
  })
  await until(async () => {
    if (npm.exitCode !== null) throw new Error(`npm start ended with ${npm.exitCode}:\n${printed}`)
    return /http\S+\/setup#token=\S+/.test(printed)
  }, FIRST_START_MS)
  return () => printed
}

/** Steps 1 to 4 of the guide, with the guide's own function. */
async function writeAndDeploy({ page }: Tab, step: Clock): Promise<void> {
  await page.getByRole('button', { name: 'Create workflow' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create workflow' })
  await dialog.getByRole('radio', { name: 'Catch', exact: true }).check()
  await dialog.getByRole('radio', { name: 'Blank', exact: true }).check()
  await dialog.getByLabel('Name').fill('hello')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
  step('Create workflow: Catch, a name, Blank')
  await writeCode(page, await guideFunction())
  const property = page.getByRole('group', { name: 'GREETING', exact: true })
  await property.getByLabel('Value of GREETING').fill('hello')
  await property.getByRole('button', { name: 'Save' }).click()
  await property.getByText('add a value').waitFor({ state: 'detached' })
  step('the guide’s function, and GREETING')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('region', { name: 'Response' }).getByText('"greeting"').waitFor()
  step('the first test: succeeded')
  await deployCode(page, 2)
  step('Deploy')
}

/** Steps 5 and 6. */
async function callByCurl(tab: Tab, step: Clock): Promise<void> {
  const { page } = tab
  await page.getByRole('tab', { name: 'Overview' }).click()
  const command = page.getByRole('region', { name: 'curl command' }).filter({ hasText: 'file_url' })
  const text = (await command.textContent()) ?? ''
  for (const seen of [1, 2]) {
    const { stdout } = await run('sh', ['-c', text])
    assert.match(stdout, /^HTTP\/1\.1 201/)
    assert.match(stdout, new RegExp(`\\{"greeting": "hello", "seen": ${seen}\\}$`))
  }
  step('the pasted curl, twice: 201, seen 1 and 2')
  await page.getByRole('tab', { name: 'Runs' }).click()
  await page
    .getByRole('link', { name: /Succeeded.*hook · v2/ })
    .first()
    .click()
  await page
    .getByRole('region', { name: 'Logs' })
    .getByText(/^got https:/)
    .waitFor()
  await page.getByRole('table', { name: 'Settings changed' }).getByText('SEEN').waitFor()
  await keepScreenshot(tab, 'newcomer-run')
  step('Runs: what came in and went out, the line, the setting')
  await page.goBack()
  // Another caller names the field differently.
  const { stdout } = await run('sh', ['-c', text.replace('file_url', 'url')])
  assert.match(stdout, /^HTTP\/1\.1 500/)
  step('a call that fails: 500')
}

async function fixFailedRun(tab: Tab, step: Clock): Promise<void> {
  const { page } = tab
  await page.getByRole('link', { name: /^Failed.*hook · v2/ }).click()
  await page
    .getByText(/KeyError: 'file_url'/)
    .first()
    .waitFor()
  await keepScreenshot(tab, 'newcomer-failed')
  const failed = page.url()
  step('the failed run, and its error')
  await page.getByRole('link', { name: 'Test in editor' }).click()
  await page.getByLabel('Body').filter({ hasText: '"url"' }).waitFor()
  const fixed = (await guideFunction()).replace('_request["file_url"]', '_request.get("file_url") or _request["url"]')
  await writeCode(page, fixed)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('Differs from the original run: Failed → 201.').waitFor()
  await keepScreenshot(tab, 'newcomer-fix')
  step('Test in editor: the fix succeeds on the same request, not deployed')
  await deployCode(page, 3)
  await page.goto(failed)
  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  await page.getByRole('link', { name: 'replay of another run' }).waitFor()
  await page.getByRole('region', { name: 'Response' }).getByText('"greeting"').waitFor()
  step('Deploy, and Replay of the failed run: succeeded')
}

/** The function that the guide has a newcomer write. */
async function guideFunction(): Promise<string> {
  const guide = await readFile(join(ROOT, 'docs/start/first-workflow.md'), 'utf8')
  const [, block = ''] = /```python[^\n]*\n([\s\S]*?)```/.exec(guide) ?? []
  return block.replace(/^ {3}/gm, '').trimEnd()
}
