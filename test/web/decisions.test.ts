/** A person who does not program follows an application to its decision and to the letter, in French. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { findBarriers, findOverflow } from '../helpers/axe.ts'
import { NARROW, NEEDS_BROWSER, openApp, openTab, type Tab, visit } from '../helpers/browser.ts'
import { exampleSource } from '../helpers/examples.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch } from '../helpers/workflows.ts'

const TABLET = { width: 768, height: 1024 }
let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  let owner: Tab
  ;({ browser, server, tab: owner } = await openApp())
  const oversight = { outcomes: ['reject'], reviewers: ['owners'], reason_required: true }
  const workflow = await createCatch(server, {
    name: 'Tri',
    source: exampleSource('catch-screen-applications', 'workflow.py'),
    settings: { MINIMUM_YEARS: '3' },
    decisions: { outcomes: ['invite', 'reject'], oversight },
  })
  const application = { id: 'application-7', email: 'lea@example.com', years: 1, skills: ['Python', 'SQL'], sex: 'f' }
  const answer = await callHook(workflow, application)
  assert.equal(answer.body.status, 'waiting', answer.text)
  tab = await openTab(browser, { viewport: TABLET, locale: 'fr-FR', like: owner })
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test(
  'an application is followed to its decision, to what would have changed it, and to the letter',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    await visit(page, `${server.url}/tasks`)
    await page.getByRole('heading', { name: /^Décision.: reject$/ }).waitFor()
    const data = page.locator('main dl').first()
    assert.deepEqual(await data.locator('dt').allTextContents(), ['Personne', 'Données', 'years', 'skills'])
    assert.deepEqual(await data.locator('dl dd').allTextContents(), ['1', 'python\nsql'])
    assert.deepEqual(await findBarriers(page), [])
    await page.getByRole('button', { name: 'reject', exact: true }).click()
    await page.getByLabel('Motif').fill('Trop peu d’expérience')
    await page.getByRole('button', { name: 'Confirmer : reject' }).click()
    await page.getByText('Votre réponse est enregistrée.').waitFor()
    await visit(page, `${server.url}/decisions`)
    const link = page.getByRole('link', { name: 'lea@example.com' })
    await link.waitFor()
    assert.deepEqual(await findOverflow(page), [], 'on a tablet')
    assert.deepEqual(await findBarriers(page), [])
    await page.getByText(/^1 résultat proposé.: 1 approuvé, 0 décidé autrement, 0 expiré\./).waitFor()
    await page.getByRole('button', { name: 'Vérifier la chaîne' }).click()
    await page.getByText(/^Décisions vérifiées.: 1\. Toutes sont intactes\.$/).waitFor()
    await link.click()
    await page.getByText('skills', { exact: true }).waitFor()
    await page.getByText('1 years of experience; at least 3 are asked for').waitFor()
    await page.getByText('Trop peu d’expérience').waitFor()
    await page.getByRole('button', { name: 'Chercher' }).click()
    await page.getByText('/years: 1 → 3 ⇒ invite').waitFor()
    const letter = page.getByRole('link', { name: 'Lettre en français' })
    const answer = await page.request.get(new URL((await letter.getAttribute('href')) ?? '', server.url).href)
    const text = await answer.text()
    assert.match(text, /reject/)
    assert.match(text, /invite/)
    assert.deepEqual(await findBarriers(page), [])
    await page.setViewportSize(NARROW)
    assert.deepEqual(await findOverflow(page), [], 'on a phone')
  },
)
