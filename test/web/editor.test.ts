/** Completion, marks and formatting in the editor, drafts, deployments, versions, and unsaved code. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Locator } from 'playwright-core'
import { keepScreenshot, NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import { again, codeOf, openEditor, say, typeAtEnd, undo, versionsOf } from '../helpers/editor.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp())
})
after(async () => {
  await browser?.close()
  await server?.close()
})

/** Again when the marks were drawn anew before the mouse had rested long enough: the editor asks only when it moves. */
const pointAt = (mark: Locator, shown: Locator) =>
  again(shown, async () => {
    await mark.page().mouse.move(0, 0)
    await mark.hover()
  })
const deployed = async ({ id }: WorkflowBody) =>
  (await must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)).deployed_version
const answerOf = async (workflow: WorkflowBody) => (await callHook(workflow, {})).text

test('the editor completes settings, the request, and the SDK with its parameters', NEEDS_BROWSER, async () => {
  const { page } = tab
  // The test request has the names that the code reads, at each moment.
  const source =
    'from hrflow import Hrflow\n\ndef workflow(_request, settings):\n    hr = Hrflow(api_secret=_request["name"])\n'
  const workflow = await createCatch(server, { source, settings: { SOURCE_KEY: 'a', BOARD_KEY: 'b' } })
  await openEditor(page, server, workflow)
  await page.getByLabel('Body').filter({ hasText: '"name"' }).waitFor()
  const text = async () => (await codeOf(page).textContent()) ?? ''
  const option = (name: RegExp) =>
    page.locator('.cm-tooltip-autocomplete:not(.cm-tooltip-autocomplete-disabled)').getByRole('option', { name })
  /** While the list waits for what fits the last letter, it is shown, and a click on it does nothing. */
  const choose = (name: RegExp, wanted: RegExp) =>
    until(async () => {
      await option(name)
        .click({ timeout: 20_000 })
        .catch(() => {})
      return wanted.test(await text())
    })
  await typeAtEnd(page, '    settings["')
  await option(/^SOURCE_KEY/).waitFor()
  await choose(/^BOARD_KEY/, /settings\["BOARD_KEY"\]/)
  await page.keyboard.press('End')
  await page.keyboard.type('\n_request["na')
  await choose(/^name\s*from the test request/, /BOARD_KEY"\]\s*_request\["name"\]/)
  await page.keyboard.press('End')
  await page.keyboard.type('\nhr.profile.')
  await option(/^storing/).waitFor()
  await page.keyboard.type('parsing.add_fi')
  await page.getByText('Add a profile resume to a sourced key.').waitFor()
  await keepScreenshot(tab, 'editor-completion')
  await choose(/^add_file/, /parsing\.add_file/)
  await page.keyboard.type('(sou')
  await choose(/^source_key\s*required/, /add_file\(source_key=/)
  assert.match(
    await text(),
    /settings\["BOARD_KEY"\]\s*_request\["name"\]\s*hr\.profile\.parsing\.add_file\(source_key=\)/,
  )
})

test('Ruff marks mistakes while typing, fixes one on click, and formats on demand', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, {
    source: 'import os\ndef workflow(_request,settings):\n    return nam\n',
  })
  await openEditor(page, server, workflow)
  await page.locator('.cm-lint-marker-error').waitFor()
  await pointAt(page.locator('.cm-lintRange-error').getByText('nam'), page.getByText('Undefined name `nam`'))
  const fix = page.getByRole('button', { name: /Remove unused import/ })
  // The tooltip closes when the marks are drawn again.
  await until(async () => {
    await pointAt(page.locator('.cm-lintRange-warning').getByText('os'), fix)
    return await fix.click({ timeout: 20_000 }).then(
      () => true,
      () => false,
    )
  })
  await page.locator('.cm-lint-marker-warning').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Format the code' }).click()
  await page.getByText('(_request, settings)').waitFor()
  assert.deepEqual(tab.errors, [])
  await typeAtEnd(page, 'def broken(:')
  await page.keyboard.press('Shift+Alt+f')
  await page.getByRole('alert').first().waitFor()
})

test(
  'a draft is saved, compared with the deployed version, deployed with a message, and rolled back',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, { source: say('one') })
    await openEditor(page, server, workflow)
    await typeAtEnd(page, '# a draft')
    await page.getByText('not saved').waitFor()
    await page.keyboard.press('Control+s')
    await page.getByText('v2 draft').waitFor()
    assert.deepEqual([await deployed(workflow), await answerOf(workflow)], [1, 'one'])

    await typeAtEnd(page, '\n# and more')
    await page.keyboard.press('Control+Shift+s')
    const review = page.getByRole('dialog', { name: 'Deploy changes' })
    await review.getByText('v1, deployed').waitFor()
    await review.locator('.cm-merge-b .cm-changedLine').getByText('# and more').waitFor()
    await keepScreenshot(tab, 'review')
    await review.getByLabel('Message').fill('Say more')
    await page.keyboard.press('Enter')
    await page.getByText('v3 deployed').waitFor()
    assert.deepEqual(
      (await versionsOf(server, workflow)).map(({ message }) => message),
      ['Say more', '', ''],
    )

    await page.getByRole('button', { name: 'Versions' }).click()
    const dialog = page.getByRole('dialog', { name: 'Versions' })
    await dialog.getByRole('button', { name: /^v2/ }).click()
    await dialog.getByRole('combobox', { name: 'Compare with' }).click()
    await page.getByRole('option', { name: 'v3, deployed' }).click()
    await dialog.locator('.cm-merge-a .cm-changedLine').getByText('# and more').waitFor()
    await keepScreenshot(tab, 'versions')
    await dialog.getByRole('button', { name: 'Roll back to v2' }).click()
    await dialog.getByRole('button', { name: 'Deployed', exact: true }).waitFor()
    assert.equal(await deployed(workflow), 2)
    await undo(page, 'Version 2 deployed.')
    await page.getByText('Version 3 deployed again.').waitFor()
    assert.equal(await deployed(workflow), 3)
  },
)

test('a saved draft is deployed by keyboard', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: say('one') })
  await openEditor(page, server, workflow)
  await typeAtEnd(page, '# a draft')
  await page.keyboard.press('Control+s')
  await page.getByText('v2 draft').waitFor()
  await page.keyboard.press('Control+Shift+s')
  await page.getByRole('dialog', { name: 'Deploy changes' }).waitFor()
  await until(async () => (await page.evaluate<string>('document.activeElement.textContent')) === 'Deploy')
  await page.keyboard.press('Enter')
  await page.getByText('v2 deployed').waitFor()
})

test('code that the server refuses is marked at its line and not deployed', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: say('one') })
  await openEditor(page, server, workflow)
  await typeAtEnd(page, '\nimport no_such_package')
  await page.keyboard.press('Control+Shift+s')
  await page.getByRole('dialog').getByRole('button', { name: 'Deploy' }).click()
  await page.getByText('The code does not load: line 4').waitFor()
  await pointAt(page.locator('.cm-lintRange-error').first(), page.locator('.cm-tooltip').getByText(/No module named/))
  assert.equal(await deployed(workflow), 1)
})

test('the code stays where it is when the first key is pressed', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: say('one') })
  await openEditor(page, server, workflow)
  for (const part of [page.getByText('v1 deployed'), page.getByRole('button', { name: 'Format the code' })])
    await part.waitFor()
  // Measured from its own panel: the panel's position in the window does not matter.
  const top = () =>
    page.evaluate<number>(`(() => {
      const [editor, panel] = ['.cm-editor', 'section:has(.cm-editor)'].map((part) => document.querySelector(part))
      return editor.getBoundingClientRect().top - panel.getBoundingClientRect().top
    })()`)
  const before = await top()
  await typeAtEnd(page, '#')
  await page.getByText('not saved', { exact: true }).waitFor()
  assert.equal(await top(), before)
  await page.getByRole('button', { name: 'Discard', exact: true }).click()
  await page.getByText('not saved', { exact: true }).waitFor({ state: 'hidden' })
})

test('unsaved code is not left behind without a question', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: say('one') })
  await openEditor(page, server, workflow)
  await typeAtEnd(page, '# unsaved')
  await page.getByRole('tab', { name: 'Overview' }).click()
  await page.getByRole('tab', { name: 'Function' }).click()
  await page.getByText('# unsaved').waitFor()
  await page.getByRole('link', { name: 'Runs', exact: true }).click()
  const question = page.getByRole('dialog', { name: 'Unsaved changes' })
  await question.getByRole('button', { name: 'Stay' }).click()
  await question.waitFor({ state: 'detached' })
  await page.getByText('# unsaved').waitFor()
  const asked = new Promise<string>((resolve) =>
    page.once('dialog', (dialog) => {
      resolve(dialog.type())
      void dialog.accept()
    }),
  )
  await page.reload()
  assert.equal(await asked, 'beforeunload')
  await page.getByText('# unsaved').waitFor()
  await page.getByRole('link', { name: 'Runs', exact: true }).click()
  await question.getByRole('button', { name: 'Save draft and leave' }).click()
  await page.waitForURL('**/runs')
  await page.getByText('Version 2 saved as a draft.').waitFor()
  assert.match((await versionsOf(server, workflow))[0]?.source ?? '', /# unsaved/)
})
