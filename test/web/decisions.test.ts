/** A person who does not program follows a decision to its letter, in French. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { findBarriers, findOverflow } from '../helpers/axe.ts'
import { NARROW, NEEDS_BROWSER, openApp, openTab, type Tab, visit } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, runOf } from '../helpers/workflows.ts'

const TABLET = { width: 768, height: 1024 }
const SOURCE = `
from workflows import decide
def workflow(_request, settings):
    years = _request["years"]
    outcome = decide("lea@example.com", "inviter" if years >= 5 else "refuser",
        reasons=["{} ans d'expérience".format(years)], inputs={"years": years}, attributes={"sex": "f"})
    return {"status_code": 200, "body": outcome}
`

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  let owner: Tab
  ;({ browser, server, tab: owner } = await openApp())
  const workflow = await createCatch(server, { name: 'Tri', source: SOURCE })
  await runOf(server, await callHook(workflow, { years: 4 }))
  tab = await openTab(browser, { viewport: TABLET, locale: 'fr-FR', like: owner })
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('a decision is followed to what would have changed it, and to the letter', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/decisions`)
  const link = page.getByRole('link', { name: 'lea@example.com' })
  await link.waitFor()
  assert.deepEqual(await findOverflow(page), [], 'on a tablet')
  assert.deepEqual(await findBarriers(page), [])
  await page.getByRole('button', { name: 'Vérifier la chaîne' }).click()
  await page.getByText(/^Décisions vérifiées.: 1\. Toutes sont intactes\.$/).waitFor()
  await link.click()
  await page.getByText("4 ans d'expérience").waitFor()
  await page.getByRole('button', { name: 'Chercher' }).click()
  await page.getByText('/years: 4 → 5 ⇒ inviter').waitFor()
  const letter = page.getByRole('link', { name: 'Lettre en français' })
  const answer = await page.request.get(new URL((await letter.getAttribute('href')) ?? '', server.url).href)
  const text = await answer.text()
  assert.match(text, /refuser/)
  assert.match(text, /inviter/)
  assert.deepEqual(await findBarriers(page), [])
  await page.setViewportSize(NARROW)
  assert.deepEqual(await findOverflow(page), [], 'on a phone')
})
