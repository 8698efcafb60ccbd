/** The editor's tools: several files. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import {
  createOwner,
  keepScreenshot,
  NEEDS_BROWSER,
  openBrowser,
  openTab,
  type Tab,
  visit,
} from '../helpers/browser.ts'
import { again, languageServerOf } from '../helpers/editor.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  browser = await openBrowser()
  server = await startServer()
  tab = await openTab(browser)
  await createOwner(tab, server.output())
})
after(async () => {
  await browser?.close()
  await server?.close()
})

const code = (page: Page) => page.getByRole('textbox', { name: /^Code of/ })
const open = async (page: Page, { id }: WorkflowBody) => {
  await visit(page, `${server.url}/workflows/${id}/function`)
  await code(page).waitFor()
}

const IMPORTS = `from lib.parse import full_name

def workflow(_request, settings):
    return {"status_code": 200, "body": full_name(_request)}
`

test('E01 modules are added, renamed, kept in the draft and deployed, by keyboard alone', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  await open(page, workflow)
  const files = page.getByRole('navigation', { name: 'Files' })
  await page.getByRole('button', { name: 'Add module' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Add module' })
  const path = dialog.getByLabel('Path')
  await path.fill('requests.py')
  await page.keyboard.press('Enter')
  await dialog.getByText('The platform uses this name.').waitFor()
  await path.fill('lib/pars.py')
  await page.keyboard.press('Enter')
  await page.getByRole('textbox', { name: /^Code of lib\/pars.py/ }).focus()
  await page.keyboard.insertText('def full_name(person):\n    return person["first"] + " " + person["last"]\n')

  await files.getByRole('button', { name: 'workflow.py' }).press('Enter')
  await page.getByRole('textbox', { name: /^Code of the function/ }).focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(IMPORTS)
  await files.getByRole('button', { name: 'Rename or delete lib/pars.py' }).press('Enter')
  await page.getByRole('menuitem', { name: 'Rename' }).press('Enter')
  await page.getByRole('dialog', { name: 'Rename module' }).getByLabel('Path').fill('lib/parse.py')
  await page.keyboard.press('Enter')
  await files.getByRole('button', { name: /^lib\/parse.py/ }).waitFor()
  await keepScreenshot(tab, 'editor-files')

  // The server alone keeps the draft with its modules, and another load shows it.
  type Kept = { draft: { files: Record<string, string> } | null }
  const draft = `${server.url}/api/workflows/${workflow.id}/draft`
  await until(async () => {
    const kept: Kept = await (await page.request.get(draft)).json()
    return 'lib/parse.py' in (kept.draft?.files ?? {})
  })
  await page.evaluate('localStorage.clear()')
  await page.reload()
  await files.getByRole('button', { name: /^lib\/parse.py/ }).click()
  await code(page).getByText('def full_name').waitFor()

  await page.keyboard.press('Control+Shift+s')
  const review = page.getByRole('dialog', { name: 'Deploy changes' })
  await review.getByRole('combobox', { name: 'File' }).click()
  await page.getByRole('option', { name: 'lib/parse.py, changed' }).click()
  await review.getByText('def full_name').waitFor()
  await keepScreenshot(tab, 'review-files')
  await review.getByRole('button', { name: 'Deploy', exact: true }).click()
  await page.getByText('v2 deployed').waitFor()
  assert.equal((await callHook(workflow, { first: 'Ada', last: 'Lovelace' })).text, 'Ada Lovelace')
})

test('Z3-40 a module that does not load is named, and marked in its own file', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  const files = { 'lib/parse.py': 'X = 1\nraise ValueError("wrong place")\n' }
  const body = { source: 'import lib.parse\ndef workflow(_request, settings):\n    pass\n', files, deploy: false }
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, body), 201)
  await visit(page, `${server.url}/workflows/${workflow.id}/function`)
  await code(page).waitFor()
  await page.keyboard.press('Control+Shift+s')
  await page.getByRole('dialog').getByRole('button', { name: 'Deploy', exact: true }).click()
  await page.getByText('The code does not load: lib/parse.py, line 2').waitFor()
  assert.equal(await page.locator('.cm-lint-marker-error').count(), 0)
  await page.getByRole('navigation', { name: 'Files' }).getByRole('button', { name: 'lib/parse.py' }).first().click()
  await page.locator('.cm-line:has(.cm-lintRange-error)', { hasText: 'raise ValueError' }).waitFor()
  // Chromium notes each answer that refuses.
  assert.match(tab.errors.splice(0).join('\n'), /^console: .* status of 422 .*$/)
})

test('E02 a deleted module comes back with Undo, and each file has its own undo history', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  const modules = { 'lib/parse.py': 'def full_name(person):\n    return "one"\n', 'util.py': 'X = 1\n' }
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: IMPORTS, files: modules }), 201)
  await open(page, workflow)
  const files = page.getByRole('navigation', { name: 'Files' })
  await files.getByRole('button', { name: 'util.py', exact: true }).click()
  await page.getByRole('textbox', { name: /^Code of util.py/ }).focus()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('Y = 2')
  await files.getByRole('button', { name: 'lib/parse.py', exact: true }).click()
  await code(page).focus()
  await page.keyboard.press('Control+z')
  await code(page).getByText('return "one"').waitFor()
  await files.getByRole('button', { name: /^util.py/ }).click()
  await code(page).getByText('Y = 2').waitFor()
  await code(page).focus()
  await page.keyboard.press('Control+z')
  await code(page).getByText('Y = 2').waitFor({ state: 'detached' })

  await files.getByRole('button', { name: 'Rename or delete util.py' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await files.getByRole('button', { name: /^util.py/ }).waitFor({ state: 'detached' })
  await page.getByRole('alert').filter({ hasText: 'util.py deleted.' }).getByRole('button', { name: 'Undo' }).click()
  await files.getByRole('button', { name: /^util.py/ }).click()
  await code(page).getByText('X = 1').waitFor()
  await until(async () => (await page.getByText('not saved').count()) > 0)
  assert.deepEqual(tab.errors, [])
})

test(
  'E03 the editor completes and explains a library, opens its source, and goes to a module',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
    const source = 'import requests\nfrom lib.parse import full_name\n\nsession = requests.Session()\nfull_name(1)\n'
    const modules = { 'lib/parse.py': 'def full_name(person: int) -> str:\n    """Both names."""\n    return ""\n' }
    await must(
      server.api('POST', `/api/workflows/${workflow.id}/versions`, { source, files: modules, deploy: false }),
      201,
    )
    const isReady = languageServerOf(page, workflow.id)
    await open(page, workflow)
    await isReady
    await code(page).focus()
    await page.keyboard.press('Control+End')
    await page.keyboard.type('session.')
    // An answer that comes too late is not shown: each of these asks again until it comes in time.
    await again(page.getByRole('option', { name: /^headers/ }), async () => {
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+Space')
    })
    await keepScreenshot(tab, 'editor-language')
    await page.keyboard.press('Escape')
    const call = page.locator('.cm-line').getByText('full_name(1)')
    const onName = { position: { x: 20, y: 8 } }
    await again(page.locator('.cm-lsp-hover-tooltip').getByText('Both names.'), async () => {
      await page.mouse.move(0, 0)
      await call.hover(onName)
    })
    await call.click(onName)
    await again(page.getByRole('textbox', { name: /^Code of lib\/parse.py/ }), () => page.keyboard.press('F12'))
    await page
      .getByRole('navigation', { name: 'Files' })
      .getByRole('button', { name: /^workflow.py/ })
      .click()
    await page.locator('.cm-line').getByText('Session').first().click()
    const library = page.getByRole('dialog', { name: 'requests/sessions.py' })
    await again(library, () => page.keyboard.press('F12'))
    await library.getByText('class Session').first().waitFor()
    assert.deepEqual(tab.errors, [])
  },
)

test('a longer file whose completions are open gives way to a shorter one', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  const source = `${'# a comment\n'.repeat(10)}import requests\n\nsession = requests.Session()\n`
  const files = { 'short.py': 'X = 1\n' }
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source, files, deploy: false }), 201)
  const isReady = languageServerOf(page, workflow.id)
  await open(page, workflow)
  await isReady
  await code(page).focus()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('session.')
  await again(page.getByRole('option', { name: /^headers/ }), async () => {
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+Space')
  })
  // In one task: the editor has not measured the place of the completions again when the file changes.
  await page.evaluate(`(async () => {
    document.execCommand('insertText', false, 'h')
    await Promise.resolve()
    const buttons = [...document.querySelectorAll('nav button')]
    buttons.find(({ textContent }) => textContent.startsWith('short.py')).click()
  })()`)
  await code(page).getByText('X = 1').waitFor()
  assert.equal(await page.getByRole('option').count(), 0)
  assert.deepEqual(tab.errors, [])
})

test('the guide is read beside the code, which stays in use, and a word is explained', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  await open(page, workflow)
  await page.getByRole('button', { name: 'Guide', exact: true }).click()
  await page.mouse.move(0, 0)
  const guide = page.getByRole('dialog', { name: 'Writing functions' })
  await guide.getByText('_request.headers["x-signature"]').waitFor()
  await code(page).focus()
  await page.keyboard.press('Control+End')
  await page.keyboard.insertText('# typed beside the guide')
  await code(page).getByText('typed beside the guide').waitFor()
  await page.getByRole('tooltip').waitFor({ state: 'detached' })
  await keepScreenshot(tab, 'guide')
  await assertAccessible(tab)
  await guide.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'What is this? Environment properties' }).click()
  await page.getByText('Environment properties are what your function reads').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Discard', exact: true }).click()
})

test('E09 the border between the code and the test moves by keys, and stays there', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  await open(page, workflow)
  const border = page.getByRole('separator', { name: 'Width of the editor' })
  const width = async () => (await page.getByRole('region', { name: 'Function' }).boundingBox())?.width ?? 0
  const before = await width()
  await border.press('End')
  assert.equal(await border.getAttribute('aria-valuenow'), '80')
  assert.ok((await width()) > before)
  await page.reload()
  await code(page).waitFor()
  assert.equal(await border.getAttribute('aria-valuenow'), '80')
  await border.dblclick()
  assert.equal(await border.getAttribute('aria-valuenow'), '60')
})

test('a name typed for a channel, an invitation or a key is not lost without a question', NEEDS_BROWSER, async () => {
  const { page } = tab
  const fields = [
    ['settings/alerts', 'Name'],
    ['settings/people', 'Invite by email address'],
    ['settings/keys', 'Name of a new key'],
  ]
  for (const [path, label = ''] of fields) {
    await visit(page, `${server.url}/${path}`)
    await page.getByRole('textbox', { name: label }).first().fill('typed')
    await page.getByRole('link', { name: 'Runs' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Unsaved changes' })
    await dialog.getByRole('button', { name: 'Discard changes' }).click()
    await page.waitForURL('**/runs')
  }
})
