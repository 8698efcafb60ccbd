/**
 * The settings of a workflow: the schema of its bodies, long lists of choices, dates, export and import. No edit is lost
 * without a question: code, properties, settings forms.
 */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { Browser, Page, Response } from 'playwright-core'
import { unzip, zip } from '../helpers/archives.ts'
import { findBarriers } from '../helpers/axe.ts'
import { NEEDS_BROWSER, openTab, type Tab, visit, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, must, runOf, until, type WorkflowBody } from '../helpers/workflows.ts'

const SOURCE = 'def workflow(_request, settings):\n    pass\n'

let server: TestServer
let browser: Browser
let tab: Tab

withApp((app) => ({ browser, server, tab } = app))

test('a schema is typed, refused while it is no JSON object, saved and taken away', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
  const read = async () => (await must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200))['request_schema']
  await visit(page, `${server.url}/workflows/${id}/settings`)
  const field = page.getByLabel('JSON Schema of the body')
  const save = page.locator('form', { has: field }).getByRole('button', { name: 'Save' })
  await field.fill('{"type": "object"')
  await page.getByText('Not a JSON object').waitFor()
  assert.equal(await save.isDisabled(), true)
  await field.fill('{"type": "object"}')
  await save.click()
  await until(async () => JSON.stringify(await read()) === '{"type":"object"}')
  await page.reload()
  assert.match(await field.inputValue(), /"type": "object"/)
  await field.fill('{"$ref": "https://example.com"}')
  await save.click()
  await page.getByText('expected a reference inside the schema').waitFor()
  await field.fill('')
  await save.click()
  await until(async () => (await read()) === null)
})

test('a time zone is found by typing, and an unknown one is called unknown', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = 'def workflow(settings):\n    pass\n'
  const { id } = await createPull(server, { source, schedule: { cron: '0 7 * * *', timezone: 'Europe/Paris' } })
  await visit(page, `${server.url}/workflows/${id}/settings`)
  const zone = page.getByRole('combobox', { name: 'Time zone' })
  await zone.click()
  await page.keyboard.type('York')
  await page.getByRole('option', { name: 'America/New_York' }).click()
  assert.equal(await zone.inputValue(), 'America/New_York')
  await zone.click()
  await page.keyboard.type('Yrok')
  await page.getByText('No such time zone').waitFor()
  await page.keyboard.press('Tab')
  await until(async () => (await zone.inputValue()) === 'America/New_York')
})

test('an owner who is alone sets who must agree, and is told to invite a second person', NEEDS_BROWSER, async () => {
  const { page, context } = tab
  const source =
    'from workflows import decide\n\ndef workflow(_request, settings):\n    decide("ada@example.com", "reject", reasons=["none"])\n'
  const { id } = await createCatch(server, { source })
  const read = async () => (await must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200))['decisions']
  await visit(page, `${server.url}/workflows/${id}/settings#decisions`)
  const outcomes = page.getByRole('combobox', { name: 'Possible outcomes' })
  for (const outcome of ['invite', 'reject']) {
    await outcomes.fill(outcome)
    await page.keyboard.press('Enter')
  }
  await page.getByRole('switch', { name: 'A person must agree' }).check({ force: true })
  const invite = page.getByRole('link', { name: 'Invite a second person' })
  await invite.waitFor()
  assert.deepEqual(await findBarriers(page), [])
  await page.getByLabel('Time to decide').fill('3')
  const save = page.locator('form', { has: outcomes }).getByRole('button', { name: 'Save' })
  await save.click()
  const oversight = { outcomes: ['reject'], reviewers: ['owners'], within: '3d', reason_required: true }
  const wanted = JSON.stringify({ outcomes: ['invite', 'reject'], keep_days: 1460, oversight })
  await until(async () => JSON.stringify(await read()) === wanted)

  const data = { source: `${source}    pass\n`, deploy: true }
  const headers = { origin: server.url }
  const made = await context.request.post(`${server.url}/api/workflows/${id}/versions`, { data, headers })
  assert.equal(made.status(), 201)
  const { hook_url } = await must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)
  await callHook({ hook_url } as WorkflowBody, {})
  await visit(page, `${server.url}/tasks`)
  await page.getByText('You made or deployed this version less than 24 hours ago').waitFor()
  assert.equal(await invite.getAttribute('href'), '/settings/people')

  await visit(page, `${server.url}/workflows/${id}/settings#decisions`)
  const people = page.getByRole('combobox', { name: 'And these people' })
  await people.fill('gone@example.com')
  await page.keyboard.press('Enter')
  await page.getByText('Without an account: gone@example.com.').waitFor()
  await save.click()
  await until(async () => JSON.stringify(await read()).includes('"owners","gone@example.com"'))
  await page.getByRole('switch', { name: 'A person must agree' }).uncheck({ force: true })
  await save.click()
  await until(
    async () => JSON.stringify(await read()) === JSON.stringify({ outcomes: ['invite', 'reject'], keep_days: 1460 }),
  )
})

test('a deploy check gets pairs of first names, and changes keep pairs of the API', NEEDS_BROWSER, async () => {
  const { page } = tab
  const decisions = { outcomes: ['invite', 'reject'] }
  const { id } = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n', decisions })
  const path = `/api/workflows/${id}`
  const read = async () => (await must(server.api<WorkflowBody>('GET', path), 200))['deploy_gate']
  await visit(page, `${server.url}/workflows/${id}/settings#gate`)
  await page.getByRole('switch', { name: /^Test each version/ }).check({ force: true })
  const pairs = page.getByRole('combobox', { name: /^Pairs of requests/ })
  await pairs.click()
  await page.getByRole('option', { name: 'French first names' }).click()
  await page.getByLabel('Allowed share').fill('7')
  assert.deepEqual(await findBarriers(page), [])
  const save = page.locator('form', { has: pairs }).getByRole('button', { name: 'Save' })
  await save.click()
  const gate = { last: 50, allow: ['same', 'fixed'], ignore: [] }
  const fairness = { pairs: 'names_fr', base: { last: 20 }, max_changed: 0.07 }
  await until(async () => isDeepStrictEqual(await read(), { ...gate, fairness }))

  const own = { ...fairness, pairs: [{ path: '/sex', values: ['f', 'm'] }] }
  await must(server.api('PATCH', path, { deploy_gate: { ...gate, fairness: own } }), 200)
  await visit(page, `${server.url}/workflows/${id}/settings#gate`)
  await until(async () => (await pairs.inputValue()) === 'Pairs set with the API')
  await page.getByLabel('Past requests in pairs').fill('30')
  await save.click()
  const changed = { ...gate, fairness: { ...own, base: { last: 30 } } }
  await until(async () => isDeepStrictEqual(await read(), changed))
})

test('a sender check is found by typing', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  await visit(page, `${server.url}/workflows/${id}/settings`)
  const check = page.getByRole('combobox', { name: 'Check' })
  await check.click()
  await page.keyboard.type('GitHub')
  await page
    .getByRole('option', { name: /^GitHub/ })
    .first()
    .waitFor()
  await page.keyboard.press('Enter')
  await until(async () => /^GitHub/.test(await check.inputValue()))
})

test('in a French browser, dates and numbers are French as the words are', NEEDS_BROWSER, async () => {
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  const run = await runOf(server, await callHook(workflow, {}))
  const french = await openTab(browser, { like: tab, locale: 'fr-FR' })
  await french.page.goto(`${server.url}/runs/${run.id}`)
  await french.page
    .getByText(/^(maintenant|il y a \d+\s(s|min))/)
    .first()
    .waitFor()
  await visit(french.page, `${server.url}/workflows/${workflow.id}`)
  await french.page
    .getByText(/(maintenant|il y a \d+\s(s|min))$/)
    .first()
    .waitFor()
  assert.doesNotMatch((await french.page.textContent('main')) ?? '', /\b(ago|now)\b/)
  await french.context.close()
})

test('a workflow is exported and imported', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { name: 'to go', source: 'def workflow(r, s): return "kept"\n' })
  await visit(page, `${server.url}/workflows/${id}/settings`)
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Export' }).click()
  const saved = await (await download).path()
  assert.equal((await download).suggestedFilename(), 'to-go.zip')
  const bytes = readFileSync(saved)
  assert.match(unzip(bytes)['to-go/workflow.py'] ?? '', /kept/)

  await visit(page, `${server.url}/workflows`)
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Import' }).click()
  await (await chooser).setFiles(saved)
  await page.waitForURL((url) => /\/workflows\/wf_\w+\/function$/.test(url.pathname) && !url.pathname.includes(id))
  await page.getByText('return "kept"').waitFor()
})

test(
  'Z3-45 a ZIP that is dropped on the list is imported, and what is wrong or left out is said',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const drop = async (name: string, bytes: Uint8Array): Promise<void> => {
      await visit(page, `${server.url}/workflows`)
      await page.getByRole('button', { name: 'Import' }).waitFor()
      const file = `new File([new Uint8Array(${JSON.stringify([...bytes])})], ${JSON.stringify(name)})`
      const dataTransfer = await page.evaluateHandle(
        `(() => { const held = new DataTransfer(); held.items.add(${file}); return held })()`,
      )
      await page.dispatchEvent('body', 'drop', { dataTransfer })
    }
    await drop('x.zip', new TextEncoder().encode('no zip'))
    await page.getByText(/expected a ZIP, found a broken one/).waitFor()
    const source = 'def workflow(r, s): return "dropped"\n'
    await drop('y.zip', zip({ 'y/workflow.yaml': 'name: dropped\nkind: catch\n', 'y/workflow.py': source }))
    await page.waitForURL(/\/workflows\/wf_\w+\/function$/)
    await page.getByText('return "dropped"').waitFor()
    const rule = 'alerts:\n  on: [failing]\n  channels: [chan_elsewhere]\n'
    await drop('z.zip', zip({ 'z/workflow.yaml': `name: alerted\nkind: catch\n${rule}`, 'z/workflow.py': source }))
    await page.waitForURL(/\/workflows\/wf_\w+\/function$/)
    await page.getByText(/There is no channel "chan_elsewhere" here, so it was left out. No channel is left/).waitFor()
  },
)

test('an edited settings form asks before it is left, and Ctrl-S saves it', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: SOURCE })
  await visit(page, `${server.url}/workflows/${id}/settings`)
  const description = page.getByLabel('Description')
  const question = page.getByRole('dialog', { name: 'Unsaved changes' })
  await description.fill('half an idea')
  await page.getByRole('tab', { name: 'Overview' }).click()
  await question.getByText('Settings: General').waitFor()
  await question.getByRole('button', { name: 'Stay' }).click()
  assert.equal(await description.inputValue(), 'half an idea')

  await page.keyboard.press('Control+s')
  await page.getByText('Saved.').waitFor()
  const read = () => must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)
  await until(async () => (await read()).description === 'half an idea')

  await page.getByLabel('Time limit').fill('17')
  await page.getByRole('tab', { name: 'Overview' }).click()
  await question.getByRole('button', { name: 'Discard changes' }).click()
  await page.waitForURL(`**/workflows/${id}`)
  await page.getByRole('tab', { name: 'Settings' }).click()
  assert.equal(await page.getByLabel('Time limit').inputValue(), '30 s')
})

test('an edited property asks before it is left', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: SOURCE, settings: { CITY: 'Paris' } })
  await visit(page, `${server.url}/workflows/${id}/function`)
  await page.getByLabel('Value of CITY').fill('Lyon')
  await page.getByRole('tab', { name: 'Runs' }).click()
  const question = page.getByRole('dialog', { name: 'Unsaved changes' })
  await question.getByText('Property CITY').waitFor()
  await question.getByRole('button', { name: 'Stay' }).click()
  assert.equal(await page.getByLabel('Value of CITY').inputValue(), 'Lyon')
  await page.getByRole('group', { name: 'CITY' }).getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('tab', { name: 'Runs' }).click()
  await page.waitForURL('**/runs')
})

test('unsaved code is kept on the server: another browser has it, and its earlier texts', NEEDS_BROWSER, async () => {
  const { id } = await createCatch(server, { source: SOURCE })
  const other = await openTab(browser, { like: tab })
  const code = (page: Page) => page.getByRole('textbox', { name: /^Code of the function/ })
  const typeAtEnd = async (page: Page, text: string) => {
    // The editor reads where a click was later, which may move the cursor back.
    await code(page).press('Control+End')
    await page.keyboard.type(text)
  }
  const isKept = (path: string) => (response: Response) =>
    response.request().method() === 'PUT' && response.url().endsWith(path) && response.ok()
  await visit(tab.page, `${server.url}/workflows/${id}/function`)
  const kept = tab.page.waitForResponse(isKept('/draft'))
  await typeAtEnd(tab.page, '# from my laptop')
  await kept

  await other.page.goto(`${server.url}/workflows/${id}/function`)
  await other.page.getByText('# from my laptop').waitFor()
  await other.page.getByText('not saved', { exact: true }).waitFor()
  const discarded = other.page.waitForResponse(isKept('/draft'))
  await other.page.getByRole('button', { name: 'Discard', exact: true }).click()
  await discarded
  // The first browser follows without a reload.
  await tab.page.getByText('# from my laptop').waitFor({ state: 'detached' })

  await other.page.getByRole('button', { name: 'Versions' }).click()
  const dialog = other.page.getByRole('dialog', { name: 'Versions' })
  await dialog.getByText('Your drafts').click()
  await dialog.getByRole('button', { name: 'Open in editor' }).click()
  await other.page.getByText('# from my laptop').waitFor()
  await other.context.close()
})

test(
  'after a rollback the editor opens the deployed version, not the one that was rolled back',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const { id } = await createCatch(server, { source: `${SOURCE}# good\n` })
    const path = `/api/workflows/${id}/versions`
    await must(server.api('POST', path, { source: `${SOURCE}# bad\n` }), 201)
    await visit(page, `${server.url}/workflows/${id}/function`)
    await page.getByText('# bad').waitFor()
    await must(server.api('POST', `${path}/1/deploy`), 200)
    await page.getByText('# good').waitFor()
    await page.getByText('v2 rolled back').waitFor()
    await page.getByText('v1 deployed').waitFor()
    assert.equal(await page.getByText('v2 draft').count(), 0)
    await page.getByRole('button', { name: 'Deployed', exact: true }).waitFor()
    // A draft that was never deployed is opened as before.
    await must(server.api('POST', path, { source: `${SOURCE}# next\n`, deploy: false }), 201)
    await page.getByText('# next').waitFor()
    await page.getByText('v3 draft').waitFor()
  },
)

test('unsaved code survives a closed tab', NEEDS_BROWSER, async () => {
  const { id } = await createCatch(server, { source: SOURCE })
  const first = await tab.context.newPage()
  await first.goto(`${server.url}/workflows/${id}/function`)
  await first.getByRole('textbox', { name: /^Code of the function/ }).press('Control+End')
  await first.keyboard.type('# almost lost')
  await first.getByText('not saved', { exact: true }).waitFor()
  await first.close({ runBeforeUnload: false })
  const second = await tab.context.newPage()
  await second.goto(`${server.url}/workflows/${id}/function`)
  await second.getByText('# almost lost').waitFor()
  await second.getByRole('button', { name: 'Discard', exact: true }).click()
  await second.close()
})
