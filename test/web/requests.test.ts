/** Requests in the app: the sample request of a workflow, large bodies, files, and the request of a run tried on new code. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import { keepScreenshot, NARROW, NEEDS_BROWSER, openTab, type Tab, visit, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, runOf, type WorkflowBody } from '../helpers/workflows.ts'

const run = promisify(execFile)
/** As in docs/start/first-workflow.md: it reads what the blank example does not send. */
const GUIDE = `import json

def workflow(_request, settings):
    settings["SEEN"] = settings.get("SEEN", 0) + 1
    print("Call number", settings["SEEN"])
    return {"status_code": 201, "body": json.dumps({"got": _request["file_url"]})}
`
const PDF = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
)

let server: TestServer
let browser: Browser
let tab: Tab

withApp((app) => ({ browser, server, tab } = app))

const open = ({ id }: WorkflowBody, part = '') => visit(tab.page, `${server.url}/workflows/${id}/${part}`)

test('the first test and the first curl send what the code reads', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  await open(workflow, 'function')
  await page.getByRole('textbox', { name: /^Code of the function/ }).click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(GUIDE)
  await page.getByLabel('Body').filter({ hasText: 'file_url' }).waitFor()
  assert.equal(await page.getByText('Used by your code – add a value').count(), 0)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('region', { name: 'Response' }).getByText('"got"').waitFor()
  await page.keyboard.press('Control+Shift+s')
  await page.getByRole('dialog').getByRole('button', { name: 'Deploy' }).click()
  await page.getByText('v2 deployed').waitFor()

  await page.getByRole('tab', { name: 'Overview' }).click()
  const command = page.getByRole('region', { name: 'curl command' })
  await command.filter({ hasText: 'file_url' }).waitFor()
  const { stdout } = await run('sh', ['-c', `${await command.textContent()} -s`])
  assert.match(stdout, /^HTTP\/1\.1 201[\s\S]*"got"/)
})

test('a changed request is kept as the sample request, which the curl sends', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: GUIDE })
  await open(workflow, 'function')
  await page.getByText('Sample request, made from what the code reads.').waitFor()
  await page.getByLabel('Body').fill('{"file_url": "https://example.com/mine.pdf"}')
  await page.getByLabel('Query').fill('lang=fr')
  await page.getByRole('button', { name: 'Save as the sample request' }).click()
  await page.getByText('Sample request of this workflow.', { exact: true }).waitFor()
  await page.getByRole('tab', { name: 'Overview' }).click()
  const command = page.getByRole('region', { name: 'curl command' })
  await command.filter({ hasText: 'mine.pdf' }).filter({ hasText: '?lang=fr' }).waitFor()
})

test('the request of a failed run is tried on unsaved code, and the answers are compared', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: GUIDE })
  const failed = await runOf(server, await callHook(workflow, { url: 'https://example.com/jane' }))
  await visit(page, `${server.url}/runs/${failed.id}`)
  await page.getByRole('link', { name: 'Test in editor' }).click()
  await page.waitForURL(`**/function?request=${failed.id}`)
  await page.getByLabel('Body').filter({ hasText: 'jane' }).waitFor()
  await page.getByRole('textbox', { name: /^Code of the function/ }).click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(GUIDE.replace('_request["file_url"]', '_request.get("file_url") or _request["url"]'))
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('Differs from the original run: Failed → 201.').waitFor()
  await page.getByRole('button', { name: 'Compare responses' }).click()
  await page.getByRole('dialog', { name: 'Responses' }).locator('.cm-merge-b').getByText('jane').waitFor()
  await keepScreenshot(tab, 'answers-compared')
  await page.keyboard.press('Escape')
  await assertAccessible(tab)
  await keepScreenshot(tab, 'test-in-editor')

  await page.getByRole('textbox', { name: /^Code of the function/ }).press('Control+End')
  await page.keyboard.type('# more')
  await page.getByText('Outdated result: the code has changed.').waitFor()
  const { data } = await must(server.api<{ data: RunBody[] }>('GET', `/api/workflows/${workflow.id}/versions`), 200)
  assert.equal(data.length, 1)
  await page.getByRole('button', { name: 'Discard', exact: true }).click()
})

test('a form with files is shown by field, and a PDF is previewed', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  const form = new FormData()
  form.append('email', 'jane@example.com')
  form.append('resume', new File([PDF], 'jane.pdf', { type: 'text/html' }))
  const { id } = await runOf(server, await callHook(workflow, null, { body: form }))
  await visit(page, `${server.url}/runs/${id}`)
  const fields = page.getByRole('table', { name: 'Fields' })
  await fields.getByText('jane@example.com').waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'run-files')
  const saved = page.waitForEvent('download')
  await fields.getByRole('button', { name: 'Download jane.pdf' }).click()
  assert.equal((await saved).suggestedFilename(), 'jane.pdf')
  await fields.getByRole('button', { name: 'Preview jane.pdf' }).click()
  await page.getByRole('dialog', { name: 'jane.pdf' }).locator('iframe').waitFor()
  await keepScreenshot(tab, 'run-preview')
  assert.deepEqual(tab.errors.splice(0), [])
  await page.keyboard.press('Escape')
  await page.getByText('Raw', { exact: true }).click()
  await page.getByRole('region', { name: 'Body' }).getByText('form-data').first().waitFor()

  for (const options of [{ viewport: NARROW }, { colorScheme: 'dark' }] as const) {
    const other = await openTab(browser, { like: tab, ...options })
    await other.page.goto(`${server.url}/runs/${id}`)
    await other.page.getByRole('table', { name: 'Fields' }).waitFor()
    await assertAccessible(other)
    await keepScreenshot(other, `run-files-${'viewport' in options ? 'narrow' : 'dark'}`)
    await other.context.close()
  }
})

test('the page of a run with a request of 12 MiB opens, and its body comes by itself', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "x" * 300000}\n'
  const workflow = await createCatch(server, { source, body_limit_bytes: 33_554_432 })
  const form = new FormData()
  form.append('name', 'Jane')
  form.append('scan', new File([Buffer.alloc(12 * 1024 * 1024, 7)], 'scan.bin'))
  const { id } = await runOf(server, await callHook(workflow, null, { body: form }))
  const answered = page.waitForResponse((response) => response.url().includes(`/api/runs/${id}?`))
  await visit(page, `${server.url}/runs/${id}`)
  assert.ok((await (await answered).body()).length < 10_000)
  await page.getByRole('button', { name: 'Show fields and files' }).click()
  await page.getByRole('table', { name: 'Fields' }).getByText('scan.bin').waitFor()
  await page.getByRole('table', { name: 'Fields' }).getByText('12 MiB').waitFor()
  await page.getByText('293 KiB').waitFor()
  await page.getByRole('link', { name: 'Test in editor' }).click()
  await page.getByRole('group', { name: 'Form fields' }).getByText('scan.bin').waitFor()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('Succeeded').first().waitFor()
  assert.deepEqual(tab.errors, [])
})
