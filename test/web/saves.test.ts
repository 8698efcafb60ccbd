/** Saves that overlap with typing, deploying, and another person's saves. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import {
  endRoutes,
  intercept,
  keepScreenshot,
  NEEDS_BROWSER,
  openTabOf,
  type Tab,
  withApp,
} from '../helpers/browser.ts'
import { codeOf, openEditor, say, typeAtEnd, undo, versionsOf } from '../helpers/editor.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch } from '../helpers/workflows.ts'

let server: TestServer
let browser: Browser
let tab: Tab

withApp((app) => ({ browser, server, tab } = app))

test('the review that opens during a save keeps the focus when the save ends', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: say('one') })
  await openEditor(page, server, workflow)
  await typeAtEnd(page, '# a draft')
  const ending = Promise.withResolvers<void>()
  // The answer of the save ends it. So does any answer with the server's draft, which is none after the save.
  const held = /\/(versions|draft)$/
  await intercept(page, held, async (route) => {
    const response = await route.fetch()
    await ending.promise
    await route.fulfill({ response })
  })
  try {
    await page.keyboard.press('Control+s')
    await page.getByText('v2 draft').waitFor()
    await page.keyboard.press('Control+Shift+s')
    await page.getByRole('dialog').getByLabel('Message').and(page.locator(':focus')).waitFor()
    ending.resolve()
    await page.getByRole('dialog').getByRole('button', { name: 'Deploy' }).and(page.locator(':focus')).waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('v2 deployed').waitFor()
    assert.equal((await versionsOf(server, workflow)).length, 2)
  } finally {
    ending.resolve()
    await endRoutes(page)
  }
})

test(
  'two editors see each other’s versions live, and a stale save is refused with a choice',
  NEEDS_BROWSER,
  async () => {
    const workflow = await createCatch(server, { source: say('one') })
    // Two tabs of one person share what is not saved, within ten seconds.
    const other = await openTabOf({ browser, server }, { name: 'Eve', role: 'editor' })
    for (const { page } of [tab, other]) await openEditor(page, server, workflow)
    const theirs = other.page
    const mine = tab.page

    // Nothing is edited here: their save simply appears.
    await typeAtEnd(theirs, '# theirs')
    await theirs.keyboard.press('Control+s')
    await mine.getByText('v2 draft').waitFor()
    await mine.getByText('# theirs').waitFor()

    await typeAtEnd(mine, '\n# mine')
    await typeAtEnd(theirs, '\n# theirs again')
    await theirs.keyboard.press('Control+s')
    await mine.getByText('Version 3 was saved while you were editing').waitFor()
    await mine.keyboard.press('Control+s')
    const choice = mine.getByRole('dialog', { name: 'Someone saved a newer version' })
    await choice.locator('.cm-merge-a').getByText('# theirs again').waitFor()
    await choice.locator('.cm-merge-b').getByText('# mine').waitFor()
    await keepScreenshot(tab, 'conflict')
    assert.equal((await versionsOf(server, workflow)).length, 3)

    await choice.getByRole('button', { name: 'Keep editing' }).click()
    await choice.waitFor({ state: 'detached' })
    await mine.keyboard.press('Control+Shift+s')
    await mine
      .getByRole('dialog', { name: /^Deploy/ })
      .getByRole('button', { name: 'Deploy' })
      .click()
    await choice.getByRole('button', { name: 'Deploy mine anyway' }).click()
    await mine.getByText('v4 deployed').waitFor()
    await theirs.getByText('v4 deployed').waitFor()
    await theirs.getByText('# mine').waitFor()
    assert.equal((await versionsOf(server, workflow)).length, 4)

    await typeAtEnd(mine, '\n# dropped')
    await typeAtEnd(theirs, '\n# kept')
    await theirs.keyboard.press('Control+s')
    await mine.getByRole('button', { name: 'Compare with yours' }).click()
    await choice.getByRole('button', { name: 'Use theirs' }).click()
    // The dialog shows it, too.
    await codeOf(mine).getByText('# kept').waitFor()
    assert.equal((await codeOf(mine).textContent())?.includes('# dropped'), false)
    await undo(mine, 'Changes discarded.')
    await mine.getByText('# dropped').waitFor()
    await mine.getByRole('button', { name: 'Discard' }).click()
    await other.context.close()
  },
)

test('a deployment that is asked for during a save follows it', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: say('one') })
  await openEditor(page, server, workflow)
  await typeAtEnd(page, '# a draft')
  const answered = Promise.withResolvers<void>()
  const path = `**/api/workflows/${workflow.id}/versions`
  await intercept(page, path, async (route) => {
    const response = await route.fetch()
    if (route.request().method() === 'POST') await answered.promise
    await route.fulfill({ response })
  })
  try {
    await page.keyboard.press('Control+s')
    await page.getByText('v2 draft').waitFor()
    await page.keyboard.press('Control+Shift+s')
    const review = page.getByRole('dialog', { name: 'Deploy changes' })
    await review.getByRole('button', { name: 'Deploy' }).click()
    await review.waitFor({ state: 'detached' })
    answered.resolve()
    await page.getByText('v2 deployed').waitFor()
  } finally {
    answered.resolve()
    await endRoutes(page)
  }
  assert.equal((await versionsOf(server, workflow)).length, 2)
})

test('text typed during a save is kept, and saved by a key that is pressed meanwhile', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  await openEditor(page, server, workflow)
  await typeAtEnd(page, '# first')
  const held = Promise.withResolvers<void>()
  const path = `**/api/workflows/${workflow.id}/versions`
  await intercept(page, path, async (route) => {
    if (route.request().method() === 'POST') await held.promise
    await route.continue()
  })
  try {
    await page.keyboard.press('Control+s')
    await page.locator('button[data-loading]').waitFor()
    assert.deepEqual(await page.locator('button[data-loading]').allTextContents(), ['Save draft'])
    await page.keyboard.type(' second')
    await page.keyboard.press('Control+s')
    held.resolve()
    await page.getByText('v3 draft').waitFor()
  } finally {
    held.resolve()
    await endRoutes(page)
  }
  assert.match((await codeOf(page).textContent()) ?? '', /# first second/)
  const [newest, before] = await versionsOf(server, workflow)
  assert.match(newest?.source ?? '', /# first second$/)
  assert.match(before?.source ?? '', /# first$/)
})
