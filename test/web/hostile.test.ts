/** What comes from outside shows as text, runs no script, and gets no cookie. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { keepScreenshot, NEEDS_WHOLE_BROWSER, openApp, openTab, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

const HOSTILE = '<img src=x onerror="document.title=1"><b>\u202egnp.exe\u001b[31m'
/** The same as the app shows it. */
const SHOWN = '<img src=x onerror="document.title=1"><b>\ufffdgnp.exe\u241b[31m'
/** A log shows the colour that the escape sequence asks for. */
const LOGGED = SHOWN.replace('\u241b[31m', '')
/** Names hold no control characters. */
const NAME = HOSTILE.replace('\u001b', '')
const SOURCE = `# ${HOSTILE}
def workflow(_request, settings):
    print(${JSON.stringify(HOSTILE)})
    settings["seen"] = settings.get("seen", "") + ${JSON.stringify(HOSTILE)}
    headers = {"X-Odd": "<script>document.title=1</script>", "Content-Type": "text/html"}
    return {"status_code": 200, "headers": headers, "body": ${JSON.stringify(HOSTILE)}}
`

const SCRIPT =
  "try{fetch('/api/me').then(function(r){return r.status}).then(function(s){location.hash='ran'+s})}catch(e){};location.hash='ran'"
const BODIES: Readonly<Record<string, string>> = {
  'text/html': `<!doctype html><img src=x onerror="${SCRIPT}"><script>${SCRIPT}</script>`,
  'image/svg+xml': `<svg xmlns="http://www.w3.org/2000/svg" onload="${SCRIPT}"><script>${SCRIPT}</script></svg>`,
  'application/xhtml+xml': `<html xmlns="http://www.w3.org/1999/xhtml"><body><script>${SCRIPT}</script></body></html>`,
  'text/xml': `<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">${SCRIPT}</x:script>`,
  'multipart/x-mixed-replace; boundary=a': `--a\r\nContent-Type: text/html\r\n\r\n<script>${SCRIPT}</script>\r\n--a--`,
  'text/plain': `<script>${SCRIPT}</script>`,
  '': `<html><script>${SCRIPT}</script></html>`,
  'application/pdf': `%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>`,
}
const KINDS = Object.keys(BODIES)
const ANSWERS_BODIES = `
import json
BODIES = json.loads(${JSON.stringify(JSON.stringify(Object.entries(BODIES)))})
def workflow(_request, settings):
    kind, body = BODIES[int(_request.query["n"])]
    policy = "script-src * 'unsafe-inline'; sandbox allow-scripts allow-same-origin"
    headers = {"Content-Security-Policy": policy, "Content-Disposition": "inline"}
    if kind:
        headers["Content-Type"] = kind
    return {"status_code": 200, "headers": headers, "body": body}
`
const SHOW_COOKIE = `
def workflow(_request, settings):
    return {"status_code": 200, "body": repr(_request.headers.get("Cookie"))}
`

let server: TestServer
let browser: Browser
let tab: Tab
let workflow: WorkflowBody
let answering: WorkflowBody

before(async () => {
  if (NEEDS_WHOLE_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp({}, { isWhole: true }))
  workflow = await createCatch(server, { source: SOURCE, name: NAME })
  answering = await createCatch(server, { source: ANSWERS_BODIES })
  const path = `/api/workflows/${workflow.id}`
  await must(server.api('PUT', `${path}/settings/${encodeURIComponent(HOSTILE)}`, { value: HOSTILE }), 200)
  await must(server.api('PUT', `${path}/settings/${encodeURIComponent(HOSTILE)}`, { value: [HOSTILE] }), 200)
  await must(
    server.api('POST', `${path}/versions`, { source: `${SOURCE}# ${HOSTILE}\n`, message: HOSTILE, deploy: false }),
    201,
  )
  await callHook(workflow, { [HOSTILE]: HOSTILE }, { headers: { 'X-Odd': '<b>odd</b>' } })
})
after(async () => {
  await browser?.close()
  await server?.close()
})

/** Nothing of it became a part of the page, and nothing turns the direction of what follows. */
async function assertText(): Promise<void> {
  const { page } = tab
  assert.equal(await page.locator('img[src="x"], main b, [role="dialog"] b').count(), 0)
  assert.notEqual(await page.title(), '1')
  // As a person reads it: a field that is edited keeps what it holds.
  assert.equal((await page.evaluate<string>('document.body.innerText')).includes('\u202e'), false)
  assert.deepEqual(tab.errors, [])
}

test(
  'A12 L04 L05 properties, their history and .env show hostile names and values as text',
  NEEDS_WHOLE_BROWSER,
  async () => {
    const { page } = tab
    await page.goto(`${server.url}/workflows/${workflow.id}/function`)
    await page.getByRole('group', { name: SHOWN, exact: true }).waitFor()
    await page.locator('.cm-specialChar').first().waitFor()
    await assertText()
    await page.getByRole('button', { name: `More about ${SHOWN}` }).click()
    await page.getByRole('menuitem', { name: 'History' }).click()
    await page
      .getByRole('table', { name: `History of ${SHOWN}` })
      .getByRole('row')
      .nth(2)
      .waitFor()
    await assertText()
    await keepScreenshot(tab, 'hostile-history')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Paste .env' }).click()
    const dialog = page.getByRole('dialog', { name: 'Paste .env' })
    await dialog.getByLabel('.env contents').fill(`ODD='${HOSTILE}'`)
    await dialog.getByRole('table').getByText('gnp.exe').waitFor()
    await assertText()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
  },
)

test(
  'A12 L04 L05 versions, messages and the test beside the code show hostile text as text',
  NEEDS_WHOLE_BROWSER,
  async () => {
    const { page } = tab
    await page.goto(`${server.url}/workflows/${workflow.id}/function`)
    await page.getByRole('button', { name: 'Versions' }).click()
    const versions = page.getByRole('dialog', { name: 'Versions' })
    await versions.getByText(SHOWN, { exact: true }).waitFor()
    await versions.locator('.cm-merge-b .cm-changedLine').first().waitFor()
    await assertText()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Samples' }).click()
    await page.getByRole('button', { name: /hook,/ }).click()
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByRole('region', { name: 'Response' }).getByText(SHOWN).waitFor()
    await page.getByRole('region', { name: 'Logs' }).getByText(LOGGED).waitFor()
    await page.getByRole('table', { name: 'Settings changed' }).getByText('gnp.exe').last().waitFor()
    await page.getByText('<script>document.title=1</script>').waitFor()
    await assertText()
    await keepScreenshot(tab, 'hostile-test')
  },
)

/** Opens an address in a tab of the owner. Returns what the address of the page is then. */
async function open(page: Page, url: string): Promise<string> {
  // A download is no page.
  await page.goto(url).catch((error: Error) => assert.match(error.message, /Download is starting|ERR_ABORTED/))
  await page.waitForTimeout(300)
  return page.url()
}

for (const [index, kind] of KINDS.entries()) {
  test(
    `Z3-88 a body of the type ${kind || 'none'} runs no script where its owner opens it`,
    NEEDS_WHOLE_BROWSER,
    async () => {
      const hook = `${answering.hook_url}?n=${index}`
      // The one type of text that a hook takes.
      const headers = { prefer: 'respond-async', 'content-type': 'application/x-www-form-urlencoded' }
      const sent = await fetch(hook, { method: 'POST', headers, body: BODIES[kind] ?? '' })
      assert.equal(sent.status, 202)
      const { run_id: id, answer_url: link } = (await sent.json()) as { run_id: string; answer_url: string }
      await until(async () => {
        const run = await must(server.api<{ finished_at: string | null }>('GET', `/api/runs/${id}`), 200)
        return run.finished_at !== null
      })
      const addresses = [link, `/api/runs/${id}/request-body`, `/api/runs/${id}/response-body`, `/api/runs/${id}`]
      for (const address of addresses) {
        const url = new URL(address, server.url).href
        assert.ok(!(await open(tab.page, url)).includes('#ran'), address)
      }
      await tab.page.goto('about:blank')
      await tab.page.setContent(`<form method="post" action="${hook}"><button>Send</button></form>`)
      await tab.page.getByRole('button').click()
      await tab.page.waitForURL((url) => url.href.startsWith(hook))
      await tab.page.waitForTimeout(300)
      assert.equal(tab.page.url(), hook, 'by a form of another page')
    },
  )
}

test('Y01 Y24 the page works under its policy, and sends no cookie to hooks', NEEDS_WHOLE_BROWSER, async () => {
  const { hook_url } = await createCatch(server, { source: SHOW_COOKIE })
  const { page, context, errors } = await openTab(browser)
  await context.addCookies([{ name: 'other', value: 'secret', url: server.url }])
  await page.goto(`${server.url}/api/docs/`)
  await page.getByText('Run a catch workflow').first().waitFor()
  assert.equal(await page.getByRole('link', { name: 'Workflows', exact: false }).first().getAttribute('href'), '/')
  const call = async (url: string) => {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    return await response.text()
  }
  assert.equal(await page.evaluate(call, hook_url), 'None')
  assert.deepEqual(
    errors.filter((error) => /exception|Content Security Policy|404/.test(error)),
    [],
  )
})
