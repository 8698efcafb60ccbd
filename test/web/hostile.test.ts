/** A12 L04 L05: what comes from outside shows as text around the code too, whatever it holds. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { keepScreenshot, NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type WorkflowBody } from '../helpers/workflows.ts'

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

let server: TestServer
let browser: Browser
let tab: Tab
let workflow: WorkflowBody

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp())
  workflow = await createCatch(server, { source: SOURCE, name: NAME })
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
  NEEDS_BROWSER,
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
  NEEDS_BROWSER,
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
