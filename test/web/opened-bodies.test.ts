/** What callers send and functions answer runs no script at the app's origin, opened by its owner in a browser. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

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
/** It asks for as much as it can. */
const SOURCE = `
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

let server: TestServer
let browser: Browser
let tab: Tab
let workflow: WorkflowBody

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp())
  workflow = await createCatch(server, { source: SOURCE })
})
after(async () => {
  await browser?.close()
  await server?.close()
})

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
    NEEDS_BROWSER,
    async () => {
      const hook = `${workflow.hook_url}?n=${index}`
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
