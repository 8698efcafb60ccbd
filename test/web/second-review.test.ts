/** Findings of the second review of the app that no story covers. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { intercept, NEEDS_BROWSER, openTab, type Tab, visit, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, runOf } from '../helpers/workflows.ts'

const FAILS = 'def workflow(_request, settings):\n    raise ValueError("no email")\n'

let server: TestServer
let browser: Browser
let tab: Tab

withApp((app) => ({ browser, server, tab } = app))

/** Returns a promise and the function that fulfils it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

test(
  'an overview lists calls with error and version, and offers a canary only of newer code',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, { source: FAILS })
    const path = `/api/workflows/${workflow.id}`
    const save = (source: string, deploy: boolean) =>
      must(server.api('POST', `${path}/versions`, { source, deploy }), 201)
    await save(`${FAILS}# 2\n`, true)
    await save(`${FAILS}# 3\n`, false)
    const tested = { source: FAILS.replace('no email', 'of a test'), request: { body: {} } }
    const { trigger } = await must(server.api<RunBody>('POST', `${path}/runs`, tested), 200)
    assert.equal(trigger, 'test')
    await callHook(workflow, {})
    await visit(page, `${server.url}/workflows/${workflow.id}`)
    await page.getByRole('link', { name: /Failed.*v2.*no email/ }).waitFor()
    assert.equal(await page.getByText('of a test').count(), 0)
    await page.getByRole('combobox', { name: 'Candidate' }).click()
    await page.getByRole('option').first().waitFor()
    assert.deepEqual(await page.getByRole('option').allTextContents(), ['3'])
    await page.keyboard.press('Escape')
  },
)

test('a deployment underlines what changed within lines, but not all of a rewritten text', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: FAILS })
  await visit(page, `${server.url}/workflows/${workflow.id}/function`)
  const code = page.getByRole('textbox', { name: /^Code of the function/ })
  const review = async (text: string) => {
    await code.click()
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText(text)
    await page.getByRole('button', { name: 'Deploy', exact: true }).click()
    await page.getByRole('dialog').locator('.cm-changedLine').first().waitFor()
    const marks = await page.getByRole('dialog').locator('.cm-changedText').count()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    return marks
  }
  assert.ok((await review(FAILS.replace('email', 'e-mail'))) > 0)
  assert.equal(await review('import json\n\nworkflow = lambda request, settings: json.dumps(list(request))\n'), 0)
})

test('icons of the list of completions are letters, which every font has', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: FAILS })
  await visit(page, `${server.url}/workflows/${workflow.id}/function`)
  await page.getByRole('textbox', { name: /^Code of the function/ }).press('Control+End')
  await page.keyboard.type('def')
  await page.locator('.cm-completionIcon').first().waitFor()
  const icons = await page.evaluate<readonly string[]>(
    "[...document.querySelectorAll('.cm-completionIcon')].map((icon) => getComputedStyle(icon, '::after').content)",
  )
  assert.ok(icons.length > 0)
  for (const icon of icons) assert.match(icon, /^"[a-zA-Z]"$/)
  await page.keyboard.press('Escape')
})

test('a file of a sample has its size, and the switches of two properties have two names', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source =
    'def workflow(_request, settings):\n    return settings["A_KEY"] + settings["B_KEY"] + _request["cv"].content.decode()\n'
  const workflow = await createCatch(server, { source })
  await visit(page, `${server.url}/workflows/${workflow.id}/function`)
  for (const name of ['A_KEY', 'B_KEY']) {
    const secret = page.getByRole('switch', { name: `Secret: ${name}`, exact: true })
    await secret.waitFor()
    assert.equal(await secret.isChecked(), true)
  }
  const { body, form } = await sampleOf(workflow.id)
  await page.getByText(`${body.length} B`, { exact: true }).waitFor()
  assert.equal(form, 'cv')
})

test('two workflows of one name are told apart in the list', NEEDS_BROWSER, async () => {
  const { page } = tab
  const twins = [
    await createCatch(server, { name: 'twin', source: FAILS }),
    await createCatch(server, { name: 'twin', source: FAILS }),
  ]
  await visit(page, `${server.url}/workflows`)
  for (const { id } of twins) await page.getByRole('link', { name: new RegExp(`twin.*${id.slice(-6)}`) }).waitFor()
})

test('a failed run shows what its caller received, and copies the request as curl', NEEDS_BROWSER, async () => {
  const { page, context } = tab
  const workflow = await createCatch(server, { source: FAILS })
  const run = await runOf(server, await callHook(workflow, { email: "it's" }))
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await visit(page, `${server.url}/runs/${run.id}`)
  await page.getByRole('heading', { name: 'What a waiting caller received' }).waitFor()
  await page.getByRole('button', { name: 'Copy as curl' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const command = await page.evaluate<string>('navigator.clipboard.readText()')
  assert.ok(command.startsWith(`curl -i '${workflow.hook_url}'`), command)
  assert.ok(command.endsWith(`--data-binary '{"email":"it'\\''s"}'`), command)
})

test('a filter by workflow searches before it says that there is none', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { opened, open } = gate()
  await visit(page, `${server.url}/runs`)
  const select = page.getByRole('combobox', { name: 'Workflow' })
  await select.waitFor()
  await intercept(page, /\/api\/workflows\?.*q=zzz/, async (route) => {
    await opened
    await route.continue()
  })
  await select.fill('zzz')
  await page.getByText('Searching…').waitFor()
  assert.equal(await page.getByText('No such workflow').count(), 0)
  open()
  await page.getByText('No such workflow').waitFor()
  await page.keyboard.press('Escape')
})

test('the bar stays where it is when the account arrives', NEEDS_BROWSER, async () => {
  const { page, context } = await openTab(browser, { like: tab })
  const { opened, open } = gate()
  await intercept(page, /\/api\/me$/, async (route) => {
    await opened
    await route.continue()
  })
  await page.goto(`${server.url}/runs`)
  await page.getByRole('button', { name: 'Account' }).waitFor()
  const before = await boxesOf(page)
  assert.ok(before.length > 8)
  open()
  await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor()
  assert.deepEqual(await boxesOf(page), before)
  await context.close()
})

test('the API documentation leads back to the app', NEEDS_BROWSER, async () => {
  const { page, context } = await openTab(browser, { like: tab })
  await page.goto(`${server.url}/api/docs/`)
  await page.locator('a[href="/"]').first().click()
  await page.waitForURL(`${server.url}/`)
  await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor()
  await context.close()
})

test('an address that the server refuses is explained at its field, without a path', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/settings/people`)
  const email = page.getByLabel('Invite by email address')
  await email.fill('ada@example')
  await page.getByRole('button', { name: 'Invite', exact: true }).click()
  await page.getByText(/^Expected an address such as/).waitFor()
  assert.equal(await email.getAttribute('aria-invalid'), 'true')
  assert.equal(await page.getByText('email:').count(), 0)
})

test('the page on privacy begins with what is stored', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/settings/data`)
  await page.getByRole('heading', { name: 'Rules of the workflows' }).waitFor()
  const heads = await page.getByRole('heading', { level: 2 }).allTextContents()
  assert.ok(heads.indexOf('What is stored') < heads.indexOf('Rules of the workflows'), heads.join())
})

async function sampleOf(id: string) {
  const request = await must(server.api<{ body: string }>('GET', `/api/workflows/${id}/sample-request`), 200)
  const body = /filename="[^"]*"[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/.exec(request.body)?.[1] ?? ''
  return { body, form: /name="(\w+)"; filename/.exec(request.body)?.[1] }
}

/** Places of links and buttons in the bar, after the fonts have loaded. */
async function boxesOf(page: Page) {
  return await page.evaluate<readonly string[]>(`document.fonts.ready.then(() =>
    [...document.querySelectorAll('header a, header button')].map((part) => {
      const { x, y, width, height } = part.getBoundingClientRect()
      return [part.textContent, x, y, width, height].join(' ')
    }))`)
}
