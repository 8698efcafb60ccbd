/** Trials in the app: from a failed run to a proven, deployed fix; and the outgoing calls on the page of a run. */

import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import {
  createOwner,
  keepScreenshot,
  NARROW,
  NEEDS_BROWSER,
  openBrowser,
  openTab,
  type Tab,
  visit,
} from '../helpers/browser.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, runOf, until, type WorkflowBody } from '../helpers/workflows.ts'

const FAILS = `
import requests
def workflow(request, settings):
    requests.get(request["url"] + "/candidates/1")
    return {"status_code": 200, "body": '{"name": "%s", "version": 1}' % request["name"].upper()}
`
const FIXED = FAILS.replace('request["name"]', 'request.get("name", "nobody")').replace('"version": 1', '"version": 2')

let server: TestServer
let target: HttpTarget
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  browser = await openBrowser()
  target = await startHttpTarget()
  server = await startServer({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` } })
  tab = await openTab(browser)
  await createOwner(tab, server.output())
})
after(async () => {
  await browser?.close()
  await server?.close()
  target?.close()
})

/** Keeps a picture of each step and prints its time since the failed run was opened, without what the test does for itself. */
function tellStory(t: TestContext) {
  const start = performance.now()
  let own = 0
  let number = 0
  const aside = async (work: () => Promise<void>): Promise<void> => {
    const begun = performance.now()
    await work()
    own += performance.now() - begun
  }
  const step = async (what: string): Promise<void> => {
    number += 1
    t.diagnostic(`${((performance.now() - start - own) / 1000).toFixed(1)} s  ${number}. ${what}`)
    await aside(() => keepScreenshot(tab, `fix-story-${number}`))
  }
  return { step, aside }
}

test(
  'a fix is tried on a failed run and those like it, its differences are ignored, and it is deployed',
  NEEDS_BROWSER,
  async (t) => {
    const { page } = tab
    const workflow = await createCatch(server, { source: FAILS })
    const url = `http://127.0.0.1:${target.port}`
    for (const name of ['Ada', 'Grace']) await callHook(workflow, { url, name })
    await callHook(workflow, { url })
    const failed = await runOf(server, await callHook(workflow, { url }))
    await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: FIXED, deploy: false }), 201)

    const { step, aside } = tellStory(t)
    await page.goto(`${server.url}/runs/${failed.id}`)
    const calls = page.getByRole('list', { name: 'Outgoing calls' })
    await calls.getByText('GET 127.0.0.1/candidates/1').waitFor()
    await step('The page of the failed run shows its error and its outgoing calls')
    await page.getByRole('link', { name: 'Test a fix on similar failures' }).click()
    await page.getByRole('button', { name: 'Start trial' }).click()
    await page.getByText('Done: 2 of 2 requests').waitFor()
    await page.getByText('Fixed: 2').waitFor()
    await step('The saved fix was tried on it and those like it: fixed')

    await page.getByRole('combobox', { name: 'Requests' }).click()
    await page.getByRole('option', { name: 'The newest runs' }).click()
    await page.getByRole('button', { name: 'Start trial' }).click()
    await page.getByText('Done: 4 of 4 requests').waitFor()
    await page.getByText('Changed result: 2').waitFor()
    await page.getByRole('cell', { name: '/response/body/version' }).first().waitFor()
    await step('The newest runs are tried too: what would change is grouped by its path')
    await aside(async () => {
      await assertAccessible(tab)
      const other = await openTab(browser, { like: tab, viewport: NARROW })
      await other.page.goto(page.url())
      await other.page.getByText('Done: 4 of 4 requests').waitFor()
      await keepScreenshot(other, 'trials-narrow')
      await other.context.close()
    })

    const row = page.getByRole('row').filter({ hasText: '/response/body/version' }).first()
    await row.getByRole('button', { name: 'Ignore' }).click()
    await page.getByRole('button', { name: 'Start trial' }).click()
    await page.getByText('Same: 2').waitFor()
    await step('The wanted difference is ignored by a click: all else is the same')
    await page.getByRole('button', { name: 'Deploy version 2' }).click()
    await page.getByText('Version 2 is deployed.').waitFor()
    await step('The proven fix is deployed')
    await until(
      async () => (await must(server.api('GET', `/api/workflows/${workflow.id}`), 200))['deployed_version'] === 2,
    )
  },
)

test(
  'without a newer version the editor opens, and its unsaved text is tried on similar failures',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, { source: FAILS })
    const url = `http://127.0.0.1:${target.port}`
    await callHook(workflow, { url })
    const failed = await runOf(server, await callHook(workflow, { url }))
    await visit(page, `${server.url}/runs/${failed.id}`)
    await page.getByRole('link', { name: 'Test a fix on similar failures' }).click()
    await page.waitForURL(`**/function?request=${failed.id}`)
    const tryIt = page.getByRole('button', { name: 'Test this code on similar failures' })
    await tryIt.waitFor()
    await page.getByRole('textbox', { name: /^Code of the function/ }).click()
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText(FIXED)
    await tryIt.click()
    await page.getByRole('heading', { name: 'Trial of unsaved code' }).waitFor()
    await page.getByText('Done: 2 of 2 requests').waitFor()
    await page.getByText('Fixed: 2').waitFor()
    await assertAccessible(tab)
    await page.getByRole('link', { name: 'Back to the code' }).click()
    await page
      .getByRole('textbox', { name: /^Code of the function/ })
      .filter({ hasText: '"nobody"' })
      .waitFor()
    const { deployed_version } = await must(server.api<WorkflowBody>('GET', `/api/workflows/${workflow.id}`), 200)
    assert.equal(deployed_version, 1)
  },
)
