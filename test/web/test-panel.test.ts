/** The Test panel: every form of request, samples, requests of past runs, and what comes back beside the code. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { endRoutes, intercept, keepScreenshot, NEEDS_BROWSER, type Tab, visit, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, runOf, type WorkflowBody } from '../helpers/workflows.ts'

/** Says what it was sent, file by file and byte by byte. */
const ECHO = `import hashlib
import json

def tell(value):
    if not hasattr(value, "content"):
        return value
    return [value.filename, value.content_type, value.size, hashlib.sha256(value.content).hexdigest()[:8]]

def workflow(_request, settings):
    print("Got", sorted(k for k in _request if k not in _request.headers))
    settings["SEEN"] = settings.get("SEEN", 0) + 1
    seen = {k: tell(v) for k, v in _request.items()}
    return {"status_code": 201, "body": json.dumps({"query": _request.query, "seen": seen, "raw": len(_request.body)})}
`

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 8)

let server: TestServer
let browser: Browser
let tab: Tab

withApp((app) => ({ browser, server, tab } = app))

const open = async ({ page }: Tab, { id }: WorkflowBody) => {
  await visit(page, `${server.url}/workflows/${id}/function`)
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
}
const attached = (page: Page, name: string) => page.getByRole('group', { name: 'Form fields' }).getByText(name)
const choose = async (page: Page, sample: string | RegExp) => {
  await page.getByRole('button', { name: 'Samples' }).click()
  await page.getByRole('dialog', { name: 'Samples' }).getByRole('button', { name: sample }).first().click()
}
type Answer = { query: unknown; seen: Record<string, unknown>; raw: number }
const run = async (page: Page): Promise<Answer> => {
  const answered = page.waitForResponse((response) => /\/runs$/.test(response.url()) && response.ok())
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  const { id }: { id: string } = await (await answered).json()
  await page.locator(`a[href="/runs/${id}"]`).waitFor()
  return JSON.parse((await page.getByRole('region', { name: 'Response' }).textContent()) ?? '')
}

test(
  'JSON with headers and a query is sent, and answer, logs, settings and timing stand beside it',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, { source: ECHO })
    await open(tab, workflow)
    await page.getByLabel('Headers').fill('X-Source: careers')
    await page.getByLabel('Query').fill('lang=fr&lang=de')
    await page.getByLabel('Body').fill('{"id": 9223372036854775808}')
    await page.keyboard.press('Control+Enter')
    await page.getByText('test run', { exact: true }).waitFor()
    const answer = (await page.getByRole('region', { name: 'Response' }).textContent()) ?? ''
    assert.match(answer, /"lang": \["fr", "de"\].*"X-Source": "careers".*"id": 9223372036854775808/)
    await page.getByRole('region', { name: 'Logs' }).getByText("Got ['id']").waitFor()
    await page.getByText('Settings changes (test only, not saved)').waitFor()
    await page.getByText('Your code').waitFor()
    await keepScreenshot(tab, 'test-panel')
    const { data } = await must(server.api<{ data: unknown[] }>('GET', `/api/workflows/${workflow.id}/settings`), 200)
    assert.deepEqual(data, [])

    await page.getByRole('switch', { name: 'Save settings changes' }).press('Space')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText('Settings changed', { exact: true }).waitFor()
    await page.getByRole('group', { name: 'SEEN' }).waitFor()
  },
)

test('a durable function gets answers where other runs wait', NEEDS_BROWSER, async () => {
  const { page } = tab
  await open(tab, await createCatch(server, { source: ECHO }))
  assert.equal(await page.getByLabel('Answers').count(), 0)
  const source = `from workflows import wait_for

def workflow(_request, settings):
    return {"status_code": 200, "body": wait_for("signed", within="1d")["by"]}
`
  const workflow = await createCatch(server, { source })
  await open(tab, workflow)
  const button = page.getByRole('button', { name: 'Run', exact: true })
  await button.click()
  await page.getByText('The test has no answer for "signed"').waitFor()
  const answers = page.getByRole('textbox', { name: 'Answers' })
  await answers.fill('{"signed": {"by": "Eve"}')
  await page.getByText('Invalid JSON').waitFor()
  assert.ok(await button.isDisabled())
  await answers.fill('{"signed": {"by": "Eve"}}')
  await button.click()
  await page.getByRole('region', { name: 'Response' }).getByText('Eve').waitFor()
})

test('the request can be edited only once its sample is known, or cannot be made', NEEDS_BROWSER, async () => {
  const { page } = tab
  const sampled = Promise.withResolvers<void>()
  await intercept(page, '**/sample-request/preview', async (route) => {
    await sampled.promise
    await route.continue()
  })
  try {
    await open(tab, await createCatch(server, { source: ECHO }))
    assert.equal(await page.getByLabel('Body').count(), 0)
    assert.ok(await page.getByRole('button', { name: 'Run', exact: true }).isDisabled())
    sampled.resolve()
    await page.getByLabel('Body').waitFor()
    await endRoutes(page)
    await intercept(page, '**/sample-request/preview', (route) => route.fulfill({ status: 400, json: {} }))
    await page.reload()
    await page.getByLabel('Body').fill('{}')
    assert.ok(await page.getByRole('button', { name: 'Run', exact: true }).isEnabled())
  } finally {
    await endRoutes(page)
  }
})

test(
  'a test that is asked for before its sample is known starts once it is, and not with none',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const preview = '**/sample-request/preview'
    const button = page.getByRole('button', { name: 'Run', exact: true })
    const started: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/runs')) started.push(request.url())
    })
    for (const isKnown of [true, false]) {
      const sampled = Promise.withResolvers<void>()
      await intercept(page, preview, async (route) => {
        await sampled.promise
        await (isKnown ? route.continue() : route.fulfill({ status: 400, json: {} }))
      })
      try {
        await open(tab, await createCatch(server, { source: ECHO }))
        await page.keyboard.press('Control+Enter')
        await button.and(page.locator('[data-loading]')).waitFor()
        sampled.resolve()
        await page.getByLabel('Body').waitFor()
        if (isKnown) await page.getByText('test run', { exact: true }).waitFor()
        await button.and(page.locator(':enabled')).waitFor()
      } finally {
        sampled.resolve()
        await endRoutes(page)
      }
    }
    assert.equal(started.length, 1)
  },
)

test('the request of a run can be edited and sent only once it is there', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: ECHO })
  const { id } = await runOf(server, await callHook(workflow, { sent: 'before' }))
  const isOfRun = new RegExp(`/api/runs/${id}(\\?|$)`)
  const body = page.getByLabel('Body')
  const button = page.getByRole('button', { name: 'Run', exact: true })
  for (const show of [
    async () => {
      await page.goto(`${server.url}/workflows/${workflow.id}/function?request=${id}`)
      await button.waitFor()
      assert.equal(await body.count(), 0)
    },
    async () => {
      await page.evaluate('sessionStorage.clear()')
      await open(tab, workflow)
      await page.getByRole('button', { name: 'Samples' }).click()
      await page.getByRole('button', { name: /hook,/ }).click()
    },
  ]) {
    const held = Promise.withResolvers<void>()
    await intercept(page, isOfRun, async (route) => {
      await held.promise
      await route.continue()
    })
    const asked = page.waitForRequest(isOfRun)
    await show()
    await asked
    assert.ok(await button.isDisabled())
    held.resolve()
    await body.filter({ hasText: 'before' }).waitFor()
    await endRoutes(page)
    assert.equal((await run(page)).seen.sent, 'before')
  }
})

test('a sample that comes while a person is in the request waits until they have left it', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: ECHO })
  await open(tab, workflow)
  const body = page.getByLabel('Body')
  const before = await body.inputValue()
  await body.focus()
  await must(server.api('PUT', `/api/workflows/${workflow.id}/sample-request`, { body: { saved: 'by another' } }), 200)
  await page.getByText('Sample request of this workflow.', { exact: true }).waitFor()
  assert.equal(await body.inputValue(), before)
  await page.getByRole('textbox', { name: /^Code of the function/ }).focus()
  await body.filter({ hasText: 'by another' }).waitFor()
})

test('a form and files are sent as a browser sends them', NEEDS_BROWSER, async () => {
  const { page } = tab
  await open(tab, await createCatch(server, { source: ECHO }))
  await page.getByText('Form', { exact: true }).click()
  await page.getByLabel('Name of field 1').fill('email')
  await page.getByLabel('Value of field 1').fill('a+b@c.é & d')
  const form = await run(page)
  assert.deepEqual(form.seen, { email: 'a+b@c.é & d', 'Content-Type': 'application/x-www-form-urlencoded' })

  await page.getByText('Files', { exact: true }).click()
  await page.getByRole('button', { name: 'Field', exact: true }).click()
  await page.getByLabel('Name of field 2').fill('cv')
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a file for field 2' }).click()
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256))
  await (await chooser).setFiles({ name: 'été.bin', mimeType: 'application/pdf', buffer: bytes })
  await attached(page, 'été.bin').waitFor()
  const files = await run(page)
  assert.deepEqual(files.seen.cv, ['été.bin', 'application/pdf', 70_000, digest(bytes)])
  assert.equal(files.seen.email, 'a+b@c.é & d')
})

test(
  'ready samples are whole: HrFlow events, an application form, a mail with its attachment',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    await open(tab, await createCatch(server, { source: ECHO }))
    await choose(page, 'Profile parsed')
    assert.equal((await run(page)).seen.type, 'profile.parsing.success')
    await choose(page, 'Several events in one call')
    assert.equal(Array.isArray((await run(page)).seen.body), true)
    await choose(page, 'Application form with a resume')
    await attached(page, 'jane-doe.pdf').waitFor()
    const form = await run(page)
    assert.equal(form.seen.job_reference, 'JOB-42')
    assert.deepEqual((form.seen.resume as unknown[]).slice(0, 2), ['jane-doe.pdf', 'application/pdf'])
    await choose(page, 'Email with an attachment')
    const mail = await run(page)
    assert.deepEqual((mail.seen.attachment1 as unknown[]).slice(0, 2), ['resume.pdf', 'application/pdf'])
    assert.equal(mail.seen.subject, 'Application as a nurse (JOB-42)')
  },
)

test('a request is saved as a sample, and that of a past run is used again with its bytes', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: ECHO })
  const cv = new Uint8Array([255, 0, 128])
  const form = new FormData()
  form.append('note', 'from outside')
  form.append('cv', new File([cv], 'cv.bin', { type: 'application/octet-stream' }))
  await callHook(workflow, null, { body: form, headers: { 'X-Sender': 'ats' }, query: '?a=1' })
  await open(tab, workflow)
  await choose(page, /hook,/)
  await attached(page, 'cv.bin').waitFor()
  const again = await run(page)
  assert.deepEqual(again.seen.cv, ['cv.bin', 'application/octet-stream', 3, digest(cv)])
  assert.deepEqual(
    [again.seen.note, again.seen['x-sender'] ?? again.seen['X-Sender'], again.query],
    ['from outside', 'ats', { a: '1' }],
  )

  await choose(page, 'Save this request…')
  await page.getByRole('dialog').getByLabel('Name').fill('ours')
  await page.keyboard.press('Enter')
  await choose(page, 'Profile parsed')
  await attached(page, 'cv.bin').waitFor({ state: 'detached' })
  await page.reload()
  await choose(page, 'ours')
  await attached(page, 'cv.bin').waitFor()
  assert.deepEqual((await run(page)).seen.cv, again.seen.cv)
})

test('a test that takes long shows its logs as they come, and is cancelled', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source =
    'import time\n\ndef workflow(_request, settings):\n    for n in range(5):\n        print("step", n)\n        time.sleep(0.1)\n    time.sleep(800)\n'
  await open(tab, await createCatch(server, { source, timeout_seconds: 900 }))
  await page.getByRole('button', { name: 'Run', exact: true, disabled: false }).waitFor()
  await page.keyboard.press('Control+Enter')
  await page.getByRole('region', { name: 'Logs' }).getByText('step 3', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Cancel run' }).click()
  await page.getByText('Run cancelled').waitFor()
})
