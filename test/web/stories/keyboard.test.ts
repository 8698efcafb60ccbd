/** A workflow is created, written, tested, deployed, found, mended and replayed without a mouse. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { createOwner, NEEDS_BROWSER, openBrowser, openTab, type Tab } from '../../helpers/browser.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { STORY_VIEW, tellStory } from '../../helpers/story.ts'
import { callHook, must, type WorkflowBody } from '../../helpers/workflows.ts'

const SOURCE = `def workflow(_request, settings):
    return {"status_code": 200, "body": "Hello " + _request["name"]}
`
/** More than any page has. */
const MOST_STOPS = 150

test('a person without a mouse creates, edits, tests, deploys, finds and replays', NEEDS_BROWSER, async (t) => {
  const { server, tab } = await arrive(t)
  const { page } = tab
  const story = tellStory(t, tab, 'keyboard')
  await press(page, page.getByRole('button', { name: 'Create workflow' }).first())
  const dialog = page.getByRole('dialog', { name: 'Create workflow' })
  await reach(page, dialog.getByLabel('Name'))
  await page.keyboard.type('keyed')
  await press(page, dialog.getByRole('button', { name: 'Create', exact: true }))
  await story.look('created')
  await write(page, SOURCE)
  await page
    .getByRole('region', { name: 'Response' })
    .getByText(/^Hello /)
    .waitFor()
  await story.look('edited and tested')
  await deploy(page, 2)
  story('deployed')
  const { data } = await must(server.api<{ data: WorkflowBody[] }>('GET', '/api/workflows'), 200)
  assert.ok(data[0] !== undefined)
  assert.equal((await callHook(data[0], {})).status, 500)
  await findFailed(page)
  await story.look('a failed run found')
  await press(page, page.getByRole('link', { name: 'Test in editor' }))
  await page.getByText('Testing the request of a run').waitFor()
  await write(page, SOURCE.replace('_request["name"]', '_request.get("name", "you")'))
  await page.getByText('Differs from the original run: Failed → 200.').waitFor()
  await deploy(page, 3)
  story('mended and deployed')
  await findFailed(page)
  await press(page, page.getByRole('button', { name: 'Replay', exact: true }))
  await page.getByRole('link', { name: 'replay of another run' }).waitFor()
  await page.getByRole('heading', { name: /Succeeded/ }).waitFor()
  await story.look('replayed')
  story.end()
})

async function arrive(t: TestContext): Promise<{ server: TestServer; tab: Tab }> {
  const browser = await openBrowser()
  t.after(() => browser.close())
  const server = await startServer()
  t.after(() => server.close())
  const tab = await openTab(browser, STORY_VIEW)
  await createOwner(tab, server.output())
  return { server, tab }
}

/** Moves the focus by the key Tab. */
async function reach(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let stops = 0; stops < MOST_STOPS; stops += 1) {
    if ((await target.and(page.locator(':focus')).count()) > 0) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`the key Tab does not reach ${target}`)
}

async function press(page: Page, target: Locator): Promise<void> {
  await reach(page, target)
  await page.keyboard.press('Enter')
}

/** Replaces the function and tests it. */
async function write(page: Page, source: string): Promise<void> {
  await reach(page, page.getByRole('textbox', { name: /^Code of the function/ }))
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(source)
  await page.keyboard.press('Control+Enter')
}

async function deploy(page: Page, version: number): Promise<void> {
  await page.keyboard.press('Control+Shift+s')
  const dialog = page.getByRole('dialog', { name: 'Deploy changes' })
  await press(page, dialog.getByRole('button', { name: 'Deploy', exact: true }))
  await page.getByText(`v${version} deployed`).waitFor()
  // The page may know the version before the dialog has its answer.
  await dialog.waitFor({ state: 'detached' })
}

async function findFailed(page: Page): Promise<void> {
  await page.keyboard.press('Control+k')
  const commands = page.getByRole('dialog', { name: 'Commands' })
  // The search has the focus a task after it is visible.
  const field = commands.getByRole('textbox')
  await field.and(page.locator(':focus')).waitFor()
  await page.keyboard.type('keyed')
  assert.equal(await field.inputValue(), 'keyed')
  await commands.getByRole('button', { name: 'Search runs for “keyed”' }).waitFor()
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key)
  await page.getByRole('tab', { name: 'Runs', selected: true }).waitFor()
  await press(
    page,
    page
      .getByRole('list', { name: 'Runs' })
      .getByRole('link', { name: /^Failed/ })
      .first(),
  )
  await page.getByRole('heading', { name: /Failed/ }).waitFor()
}
