/** The page of the API's documents, in a real browser. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { NEEDS_BROWSER, openBrowser, openTab } from '../helpers/browser.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { createCatch } from '../helpers/workflows.ts'

const SHOW_COOKIE = `
def workflow(_request, settings):
    return {"status_code": 200, "body": repr(_request.headers.get("Cookie"))}
`
let server: TestServer
let browser: Browser

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  server = await startServer()
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('Y01 Y24 the page works under its policy, and sends no cookie to hooks', NEEDS_BROWSER, async () => {
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
