/** Without a mouse: windows keep the focus while they are open, show it, close with Escape and give it back. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Locator } from 'playwright-core'
import { NEEDS_BROWSER, openApp, type Tab, visit } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, runOf, type WorkflowBody } from '../helpers/workflows.ts'

const SOURCE = 'def workflow(_request, settings):\n    return 1 / _request["n"]\n'

let server: TestServer
let browser: Browser
let tab: Tab
let workflow: WorkflowBody
let run: string

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp())
  workflow = await createCatch(server, { source: SOURCE, settings: { CITY: 'Paris' } })
  const draft = { source: `# draft\n${SOURCE}`, deploy: false }
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, draft), 201)
  await must(server.api('POST', '/api/keys', { name: 'deploy script' }), 201)
  run = (await runOf(server, await callHook(workflow, { n: 0 }))).id
})
after(async () => {
  await browser?.close()
  await server?.close()
})

const isFocused = (locator: Locator) => locator.and(tab.page.locator(':focus')).waitFor()

test('every dialog traps the focus, closes with Escape and restores the focus', NEEDS_BROWSER, async () => {
  const { page } = tab
  const windows: readonly [path: string, trigger: string | RegExp][] = [
    ['/workflows', 'Create workflow'],
    [`/workflows/${workflow.id}/function`, 'Versions'],
    [`/workflows/${workflow.id}/function`, 'Deploy'],
    [`/workflows/${workflow.id}/function`, 'Paste .env'],
    [`/workflows/${workflow.id}/settings`, 'New URL'],
    [`/workflows/${workflow.id}/settings`, 'Archive this workflow'],
    ['/settings/keys', 'Revoke'],
    ['/', 'Find a workflow, a page or a command'],
  ]
  for (const [path, name] of windows) {
    await visit(page, server.url + path)
    // Pressing a key does not wait until a button can be used.
    const trigger = page.getByRole('button', { name, exact: true, disabled: false })
    await trigger.waitFor()
    await trigger.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.locator(':focus').waitFor()
    await dialog.locator('[aria-busy]').first().waitFor({ state: 'detached' })
    for (let steps = 0; steps < 12; steps += 1) {
      await page.keyboard.press('Tab')
      assert.equal(await dialog.locator(':focus').count(), 1, `${name}: the focus has left after ${steps + 1} steps`)
    }
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await isFocused(trigger)
  }
})

test('a dialog whose code loads after the key restores the focus', NEEDS_BROWSER, async () => {
  const { page } = tab
  let ask = () => {}
  const asked = new Promise<void>((resolve) => (ask = resolve))
  await page.route('**/create-workflow-modal*.js', async (route) => {
    await asked
    await route.continue()
  })
  await page.goto(`${server.url}/workflows`)
  const trigger = page.getByRole('button', { name: 'Create workflow', exact: true, disabled: false })
  await trigger.press('Enter')
  assert.equal(await page.getByRole('dialog').count(), 0)
  ask()
  await page.getByRole('dialog').locator(':focus').waitFor()
  await page.keyboard.press('Escape')
  await isFocused(trigger)
  await page.unroute('**/create-workflow-modal*.js')
})

test('the history of a property is opened and left by keys', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/workflows/${workflow.id}/function`)
  const more = page.getByRole('button', { name: 'More about CITY' })
  await more.press('Enter')
  await page.getByRole('menuitem', { name: 'History' }).press('Enter')
  await page.getByRole('dialog', { name: 'History of CITY' }).getByRole('table').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await isFocused(more)
})

test('Enter sends a form, and code shows that it has the focus', NEEDS_BROWSER, async () => {
  const { page } = tab
  const isOutlined = async () => {
    // The editor notes its focus a moment later.
    await page.locator('.cm-editor.cm-focused').waitFor()
    assert.equal(await page.evaluate(`getComputedStyle(document.querySelector('.cm-focused')).outlineStyle`), 'solid')
  }
  await visit(page, `${server.url}/runs/${run}/code`)
  await page.getByRole('textbox', { name: /^Code, read only/ }).focus()
  await isOutlined()
  await visit(page, `${server.url}/settings/keys`)
  await page.getByLabel('Name of a new key').fill('by keys')
  await page.keyboard.press('Enter')
  await page.getByRole('table', { name: 'API keys' }).getByText('by keys').waitFor()
  await visit(page, `${server.url}/workflows`)
  await page.getByRole('button', { name: 'Create workflow' }).press('Enter')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('by keys')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/function')
  await page.getByRole('textbox', { name: /^Code of the function/ }).focus()
  await isOutlined()
  assert.deepEqual(tab.errors, [])
})
