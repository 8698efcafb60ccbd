/**
 * Two people who do not program, in French: one follows an application to its decision and to the letter, and an approver
 * decides on a phone.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { findBarriers, findBarriersInTheDark, findOverflow } from '../helpers/axe.ts'
import { keepScreenshot, NARROW, NEEDS_BROWSER, openTab, type Tab, visit, withApp } from '../helpers/browser.ts'
import { ended, make, OK, runIdOf, waiting } from '../helpers/durable.ts'
import { exampleSource } from '../helpers/examples.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, type WorkflowBody } from '../helpers/workflows.ts'

const TABLET = { width: 768, height: 1024 }
let server: TestServer
let browser: Browser
let owner: Tab
let phone: Tab
let workflow: WorkflowBody

withApp(async (app) => {
  ;({ browser, server, tab: owner } = app)
  phone = await openTab(browser, { viewport: NARROW, locale: 'fr-FR' })
  const invited = { email: 'lea@example.com', role: 'approver' }
  const { url } = await must(server.api<{ url: string }>('POST', '/api/invitations', invited), 201)
  const data = { token: url.split('#token=')[1], name: 'Léa', password: 'correct horse battery' }
  const headers = { origin: server.url }
  const joined = await phone.context.request.post(`${server.url}/api/invitations/accept`, { data, headers })
  assert.equal(joined.status(), 201)
  workflow = await make(
    server,
    `answer = ask("hire", title="Hire Grace?", text="First line\\nSecond line", to=["lea@example.com", "owners"],
    data={"name": "Grace <b>Hopper</b>", "cv": "https://example.com/cv", "bad": "javascript:alert(1)",
        "city": "Orléans", "score": 1.0, "past": [{"years": 2}]},
    fields={"type": "object", "required": ["salary"], "properties": {"salary": {"type": "integer", "title": "Salary"}}}
    if _request.get("salary") else None)
x = [answer.choice, answer.reason, answer.fields]
${OK}`,
    { name: 'Recrutement' },
  )
})

async function startScreening(): Promise<void> {
  const oversight = { outcomes: ['reject'], reviewers: ['owners'], reason_required: true }
  const screening = await createCatch(server, {
    name: 'Tri',
    source: exampleSource('catch-screen-applications', 'workflow.py'),
    settings: { MINIMUM_YEARS: '3' },
    decisions: { outcomes: ['invite', 'reject'], oversight },
  })
  const application = { id: 'application-7', email: 'lea@example.com', years: 1, skills: ['Python', 'SQL'], sex: 'f' }
  const answer = await callHook(screening, application)
  assert.equal(answer.body.status, 'waiting', answer.text)
}

/** The first, because it reads all decisions and all tasks. */
test(
  'an application is followed to its decision, to what would have changed it, and to the letter',
  NEEDS_BROWSER,
  async () => {
    await startScreening()
    const { page } = await openTab(browser, { viewport: TABLET, locale: 'fr-FR', like: owner })
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
    await page.getByText(/^years.: 1 → 3 ⇒ invite$/).waitFor()
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

const call = async (body: object): Promise<{ run: string; task: string }> => {
  const run = runIdOf(await callHook(workflow, body))
  const { waiting_for } = await waiting(server, run)
  return { run, task: (waiting_for as { task_id: string }[])[0]?.task_id ?? '' }
}
const answerOf = async (id: string): Promise<unknown> => {
  const { response } = await ended(server, id)
  return JSON.parse((response as { body: string }).body)
}

test('an approver decides in two taps, and sees nothing but tasks', NEEDS_BROWSER, async () => {
  const { page } = phone
  const { run } = await call({})
  await page.goto(server.url)
  await page.getByRole('heading', { name: 'Hire Grace?' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/tasks')
  await page.getByText('Grace <b>Hopper</b>').waitFor()
  for (const text of ['Orléans', '1.0', '[ { "years": 2 } ]']) await page.getByText(text, { exact: true }).waitFor()
  assert.deepEqual(await page.getByRole('link', { name: /example\.com|alert/ }).allTextContents(), [
    'https://example.com/cv',
  ])
  assert.deepEqual(await page.getByRole('navigation').getByRole('link').allTextContents(), ['', 'Tâches'])
  assert.deepEqual(await findBarriers(page), [])
  assert.deepEqual(await findOverflow(page), [])
  await page.getByRole('button', { name: 'approve', exact: true }).click()
  assert.deepEqual(await findBarriers(page), [])
  await keepScreenshot(phone, 'task-phone')
  await page.getByRole('button', { name: 'Confirmer : approve' }).click()
  await page.getByText('Votre réponse est enregistrée.').waitFor()
  await page.getByText('Aucune tâche').waitFor()
  assert.deepEqual(await answerOf(run), ['approve', null, {}])
  await page.goto(`${server.url}/runs`)
  await page.getByRole('heading', { name: 'Tâches', level: 1 }).waitFor()
  await page.goto(`${server.url}/settings`)
  await page.getByRole('tab', { name: 'Compte' }).waitFor()
  assert.equal(await page.getByRole('tab').count(), 1)
  await page.goto(`${server.url}/tasks`)
  await page.getByText('Aucune tâche').waitFor()
  assert.deepEqual(await findBarriersInTheDark(page), [])
  assert.deepEqual(phone.errors, [])
})

test('a link leads to the task, whose fields and reason the function gets', NEEDS_BROWSER, async () => {
  const { page } = phone
  const { run, task } = await call({ salary: true })
  await page.goto(`${server.url}/tasks/${task}`)
  await page.getByRole('button', { name: 'reject', exact: true }).click()
  await page.getByLabel('Salary').fill('52000')
  await page.getByLabel('Motif (facultatif)').fill('Trop cher')
  await page.getByRole('button', { name: 'Confirmer : reject' }).click()
  await page.getByText('Léa a choisi « reject »').waitFor()
  assert.deepEqual(await answerOf(run), ['reject', 'Trop cher', { salary: 52000 }])
  const audience = await must(server.api<{ data: { detail: string }[] }>('GET', '/api/audit?action=task.answer'), 200)
  assert.match(audience.data[0]?.detail ?? '', /"reject".*Trop cher/)
})

test('the person who started the run is told why another one must answer', NEEDS_BROWSER, async () => {
  const { page, context } = owner
  const started = await context.request.post(`${server.url}/api/workflows/${workflow.id}/runs`, {
    data: { request: { body: {} } },
    headers: { origin: server.url },
  })
  const { id } = (await started.json()) as RunBody
  await waiting(server, id)
  await visit(page, `${server.url}/tasks`)
  await page.getByRole('heading', { name: 'Hire Grace?' }).waitFor()
  await page.getByText('You started this run, or continued it, so another person must answer.').waitFor()
  assert.equal(await page.getByRole('button', { name: 'approve', exact: true }).count(), 0)
  assert.deepEqual(await findBarriers(page), [])
  await page.setViewportSize({ width: 360, height: 740 })
  const given = { data: { language: 'fr' }, headers: { origin: server.url } }
  assert.equal((await context.request.patch(`${server.url}/api/me`, given)).status(), 200)
  await page.goto(`${server.url}/tasks`)
  await page.getByRole('heading', { name: 'Tâches', level: 1 }).waitFor()
  assert.deepEqual(await findOverflow(page), [])
})
