/** Packages in the app: the panel beside the code, what an upgrade changes, a missing package, and the environments. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import {
  createOwner,
  keepScreenshot,
  NARROW,
  NEEDS_BROWSER,
  openBrowser,
  openTab,
  type Tab,
  visit,
  WIDE,
} from '../helpers/browser.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { declaring, makePackage, onlyFrom } from '../helpers/wheels.ts'
import { callHook, createCatch, must, until } from '../helpers/workflows.ts'

const root = mkdtempSync(join(tmpdir(), 'workflows-web-packages-'))
const index = join(root, 'index')
makePackage(index, { name: 'tidy-cv', version: '1.0', requires: ['small-words'] })
makePackage(index, { name: 'small-words', version: '2.0' })
makePackage(index, { name: 'PyYAML', version: '6.0', files: { 'yaml.py': 'VERSION = "6.0"\n' } })

const SOURCE = declaring(
  ['tidy-cv'],
  'import tidy_cv, small_words\n\n\ndef workflow(_request, settings):\n    return {"status_code": 200, "body": tidy_cv.VERSION + " " + small_words.VERSION}\n',
)

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  browser = await openBrowser()
  server = await startServer({ env: onlyFrom(index) })
  tab = await openTab(browser)
  await createOwner(tab, server.output())
})
after(async () => {
  await browser?.close()
  await server?.close()
  rmSync(root, { recursive: true, force: true })
})

const panelOf = ({ page }: Tab) => page.getByRole('region', { name: 'Packages' })

test('the panel shows packages, what comes with them, their state and the build log', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: SOURCE, name: 'tidy' })
  await visit(page, `${server.url}/workflows/${workflow.id}/function`)
  const panel = panelOf(tab)
  await panel.getByText(/^Ready · python3\.\d+ · /).waitFor()
  await panel.getByText('tidy-cv', { exact: true }).waitFor()
  await panel.getByText('1 dependency').click()
  await panel.getByText('small-words 2.0').waitFor()
  await panel.getByText('Build log').click()
  await panel.getByText('The environment is ready.').waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'packages-panel')
  await page.setViewportSize(NARROW)
  await panel.getByText(/^Ready/).waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'packages-panel-narrow')
  await page.setViewportSize(WIDE)
  await page.emulateMedia({ colorScheme: 'dark' })
  await panel.getByText(/^Ready/).waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'packages-panel-dark')
  await page.emulateMedia({ colorScheme: 'light' })
})

test('a package that is added and removed in the panel is added and removed in the code', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n', name: 'growing' })
  await visit(page, `${server.url}/workflows/${workflow.id}/function`)
  const panel = panelOf(tab)
  await panel.getByRole('textbox', { name: 'Package' }).fill('tidy-cv')
  await panel.getByRole('button', { name: 'Add package' }).click()
  await panel.getByText('pending').waitFor()
  await page.getByText('# dependencies = ["tidy-cv"]').waitFor()
  await panel.getByRole('textbox', { name: 'Package' }).fill('Tidy_CV>=1')
  await panel.getByText('tidy-cv is declared already.').waitFor()
  await panel.getByRole('textbox', { name: 'Package' }).fill('small-words')
  await panel.getByRole('button', { name: 'Add package' }).click()
  await panel.getByRole('button', { name: 'Remove small-words' }).click()
  await page.getByRole('button', { name: 'Deploy', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Deploy', exact: true }).click()
  await panel.getByText(/^Ready/).waitFor()
  const version = await must(server.api('GET', `/api/workflows/${workflow.id}/versions/2`), 200)
  assert.equal(version.source, declaring(['tidy-cv'], 'def workflow(r, s):\n    pass\n'))
})

test('an import whose package is missing offers it by its own name', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n', name: 'reads yaml' })
  await must(
    server.api('POST', `/api/workflows/${workflow.id}/versions`, {
      source: 'import yaml\n\n\ndef workflow(r, s):\n    return {"status_code": 200, "body": yaml.VERSION}\n',
      deploy: false,
    }),
    201,
  )
  await visit(page, `${server.url}/workflows/${workflow.id}/function`)
  await page.getByRole('button', { name: 'Deploy', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Deploy', exact: true }).click()
  await page.getByRole('button', { name: 'Add PyYAML' }).waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'packages-missing')
  await page.getByRole('button', { name: 'Add PyYAML' }).click()
  await page.getByText('# dependencies = ["PyYAML"]').waitFor()
  await page.getByRole('button', { name: 'Deploy', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Deploy', exact: true }).click()
  await panelOf(tab)
    .getByText(/^Ready/)
    .waitFor()
  assert.equal((await callHook(workflow, {})).text, '6.0')
})

test('an upgrade shows what would change before it is deployed', NEEDS_BROWSER, async () => {
  const { page } = tab
  makePackage(index, { name: 'moving', version: '1.0' })
  const source = declaring(
    ['moving'],
    'import moving\ndef workflow(r, s):\n    return {"status_code": 200, "body": moving.VERSION}\n',
  )
  const workflow = await createCatch(server, { source, name: 'moving' })
  makePackage(index, { name: 'moving', version: '1.1' })
  await visit(page, `${server.url}/workflows/${workflow.id}/function`)
  await panelOf(tab).getByRole('button', { name: 'Upgrade' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('row', { name: /moving 1\.0 1\.1/ }).waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'packages-upgrade')
  assert.equal((await callHook(workflow, {})).text, '1.0')
  await dialog.getByRole('button', { name: 'Deploy the upgrade' }).click()
  await panelOf(tab).getByText('1.1', { exact: true }).waitFor()
  // The panel shows the new packages while they are being installed.
  await until(async () => (await callHook(workflow, {})).text === '1.1')
  await panelOf(tab).getByRole('button', { name: 'Upgrade' }).click()
  await dialog.getByText('All packages are up to date.').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
})

test('environments are listed with their uses and sizes, and unused ones are removed', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/settings/environments`)
  const table = page.getByRole('table', { name: 'Environments' })
  await table.getByRole('link', { name: 'tidy' }).waitFor()
  await table.getByText('(not deployed)').first().waitFor()
  // The code names it. The other one comes with it.
  await table.getByRole('row').filter({ hasText: 'tidy-cv' }).first().waitFor()
  assert.equal(await table.getByText('small-words', { exact: true }).count(), 0)
  await assertAccessible(tab)
  await keepScreenshot(tab, 'environments')
  await page.setViewportSize(NARROW)
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.getByText('tidy', { exact: true }).waitFor()
  await keepScreenshot(tab, 'environments-narrow-dark')
  await page.getByRole('button', { name: 'Remove unused' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByText(/^\d+ environments? removed\.$/).waitFor()
  await page.getByRole('button', { name: 'Remove unused' }).waitFor({ state: 'detached' })
  assert.deepEqual(
    tab.errors.filter((error) => !error.includes('422')),
    [],
  )
})
