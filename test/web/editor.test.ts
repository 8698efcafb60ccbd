/** Drafts, deployments, versions and unsaved code in the editor. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepScreenshot, NEEDS_BROWSER, type Tab, withApp } from '../helpers/browser.ts'
import { openEditor, pointAt, say, typeAtEnd, undo, versionsOf } from '../helpers/editor.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

let server: TestServer
let tab: Tab

withApp((app) => ({ server, tab } = app))

const deployed = async ({ id }: WorkflowBody) =>
  (await must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)).deployed_version
const answerOf = async (workflow: WorkflowBody) => (await callHook(workflow, {})).text

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
