/** Who may call a hook, and which hosts its function may reach, set in the app. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import { keepScreenshot, NARROW, NEEDS_BROWSER, type Tab, visit, WIDE, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, must, until, type WorkflowBody } from '../helpers/workflows.ts'

const ECHO = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": _request.body.decode()}\n'

let server: TestServer
let browser: Browser
let tab: Tab

withApp((app) => ({ browser, server, tab } = app))

type CheckedBody = WorkflowBody & { readonly sender_check: { readonly scheme: string } }

const read = (workflow: WorkflowBody) => must(server.api<CheckedBody>('GET', `/api/workflows/${workflow.id}`), 200)

test(
  'a person restricts a hook to one sender, tries it, rotates the secret, and sees refused calls',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, { source: ECHO })
    await visit(page, `${server.url}/workflows/${workflow.id}/settings`)
    const panel = page.locator('section', { has: page.getByRole('heading', { name: 'Who may call' }) })
    await panel.getByText('No refused calls.').waitFor()
    const [saveCheck, saveRules] = [
      panel.getByRole('button', { name: 'Save' }).first(),
      panel.getByRole('button', { name: 'Save' }).last(),
    ]

    await panel.getByRole('combobox', { name: 'Check' }).click()
    await page.getByRole('option', { name: 'Stripe' }).click()
    await panel.getByLabel('Secret').fill('first secret\'s "text"')
    await saveCheck.click()
    await until(async () => (await read(workflow)).sender_check?.scheme === 'stripe')
    assert.deepEqual((await read(workflow)).sender_check, { scheme: 'stripe', tolerance_seconds: 300, secrets: 1 })
    await until(async () => (await panel.getByLabel('Secret').inputValue()) === '')

    await panel.getByRole('button', { name: 'Create signed command' }).click()
    const command = (await panel.getByRole('region', { name: 'curl command' }).textContent()) ?? ''
    assert.doesNotMatch(command, /first secret/)
    const printed = execFileSync('sh', ['-c', command.replace('curl -i', 'curl -si')], { encoding: 'utf8' })
    // The sender's own event.
    assert.match(printed, /^HTTP\/1\.1 200 [\s\S]*"type": "payment_intent\.succeeded"/)

    assert.equal((await callHook(workflow, {}, { headers: { 'Stripe-Signature': 't=1,v1=00' } })).status, 401)
    const refused = panel.getByRole('table', { name: 'Refused calls' })
    await refused.getByText('Signature expired').waitFor()
    await refused.getByRole('button', { name: /Show \d+ headers/ }).click()
    await refused.getByText('Stripe-Signature', { exact: false }).waitFor()

    await panel.getByLabel('Secret').fill('second secret')
    await panel.getByLabel('Replace immediately').waitFor()
    await saveCheck.click()
    await panel.getByText('Two secrets are accepted').waitFor()
    await keepScreenshot(tab, 'who-may-call')
    await panel.getByRole('button', { name: 'Remove the previous secret' }).click()
    await panel.getByText('Two secrets are accepted').waitFor({ state: 'detached' })

    await panel.getByLabel('Addresses').fill('10.0.0.0/8\n192.0.2.7')
    await panel.getByRole('switch', { name: 'Limit the call rate' }).click()
    await panel.getByRole('textbox', { name: 'Calls', exact: true }).fill('5')
    await saveRules.click()
    await until(async () => (await read(workflow)).rate_limit !== null)
    const saved = await read(workflow)
    assert.deepEqual(
      [saved.allowed_ips, saved.rate_limit],
      [['10.0.0.0/8', '192.0.2.7'], { calls: 5, per_seconds: 60 }],
    )
    await panel.getByLabel('Addresses').fill('nonsense')
    await saveRules.click()
    await panel.getByText(/^Expected an address/).waitFor()
    assert.equal((await callHook(workflow, {})).status, 401)
    await refused.getByText('Address not allowed').waitFor()
  },
)

test('a form of one’s own is set field by field', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: ECHO })
  await visit(page, `${server.url}/workflows/${workflow.id}/settings`)
  const panel = page.locator('section', { has: page.getByRole('heading', { name: 'Who may call' }) })
  await panel.getByRole('combobox', { name: 'Check' }).click()
  await page.getByRole('option', { name: 'Custom HMAC signature' }).click()
  await panel.getByRole('textbox', { name: 'Header', exact: true }).fill('X-Slack-Signature')
  await panel.getByLabel('Prefix').fill('v0=')
  await panel.getByLabel('Time header').fill('X-Slack-Request-Timestamp')
  await panel.getByLabel('Signed').fill('v0:{timestamp}:{body}')
  await panel.getByLabel('Secret').fill('a slack secret')
  await panel.getByRole('button', { name: 'Save' }).first().click()
  // The note of the test before may still be there.
  await until(async () => (await read(workflow)).sender_check?.scheme === 'hmac')
  assert.deepEqual((await read(workflow)).sender_check, {
    scheme: 'hmac',
    header: 'X-Slack-Signature',
    algorithm: 'sha256',
    encoding: 'hex',
    prefix: 'v0=',
    signed: 'v0:{timestamp}:{body}',
    timestamp_header: 'X-Slack-Request-Timestamp',
    tolerance_seconds: 300,
    secrets: 1,
  })
})

test('a pull workflow has no callers, and no page error occurred', NEEDS_BROWSER, async () => {
  const { page, errors } = tab
  const pull = await createPull(server, { source: 'def workflow(settings):\n    pass\n' })
  await visit(page, `${server.url}/workflows/${pull.id}/settings`)
  await page.getByRole('heading', { name: 'Limits' }).waitFor()
  assert.equal(await page.getByRole('heading', { name: 'Who may call' }).count(), 0)
  // A refused save is logged by the browser itself.
  assert.deepEqual(
    errors.filter((error) => !/status of 400/.test(error)),
    [],
  )
})

test('an owner allows GET, and a test of a GET sends its query', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source =
    'def workflow(_request, settings):\n    return {"status_code": 200, "body": _request.method + " " + _request["q"]}\n'
  const workflow = await createCatch(server, { source })
  await page.goto(`${server.url}/workflows/${workflow.id}/settings`)
  const panel = page.locator('section', { has: page.getByRole('heading', { name: 'Who may call' }) })
  await panel.getByRole('switch', { name: 'Allow GET' }).click()
  await panel.getByRole('button', { name: 'Save' }).last().click()
  await until(async () => JSON.stringify((await read(workflow)).methods) === '["POST","GET"]')
  assert.equal(await (await fetch(`${workflow.hook_url}?q=1`)).text(), 'GET 1')
  await page.goto(`${server.url}/workflows/${workflow.id}/function`)
  await page.getByRole('radiogroup', { name: 'Request format' }).getByText('GET').click()
  await page.getByLabel('Query').fill('q=panel')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('GET panel').first().waitFor()
  await page.getByRole('button', { name: 'Save as the sample request' }).click()
  // The next page would end a request that has not been answered.
  await page.getByText('Sample request of this workflow.', { exact: true }).waitFor()
  await page.goto(`${server.url}/workflows/${workflow.id}`)
  await page.getByText('POST and GET.').waitFor()
  await page.getByRole('region', { name: 'curl command' }).getByText('?q=panel').waitFor()
})

test('Y17 a workflow is limited to some hosts, to none, and opened again', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
  const stored = async () =>
    (await must(server.api<{ egress: { mode: string; hosts: string[] } }>('GET', `/api/workflows/${id}`), 200)).egress
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const form = page.locator('form').filter({ hasText: 'The function may reach' })
  const save = async () => {
    await form.getByRole('button', { name: 'Save' }).click()
    // The button is also disabled while it loads.
    await form.locator('button[type=submit]:disabled:not([data-loading])').waitFor()
  }
  await form.getByRole('radio', { name: 'Some hosts' }).check()
  const hosts = form.getByRole('combobox', { name: 'Hosts' })
  await hosts.fill('api.hrflow.ai:443')
  await hosts.press('Enter')
  await hosts.fill('*.example.com:443')
  await save()
  await keepScreenshot(tab, 'egress')
  assert.deepEqual(await stored(), { mode: 'list', hosts: ['api.hrflow.ai:443', '*.example.com:443'] })
  await assertAccessible(tab)

  await hosts.fill('no port')
  await hosts.press('Enter')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByText('Expected a host and a port').waitFor()
  await form.getByRole('alert').waitFor({ state: 'detached' })
  await page.reload()

  await form.getByRole('radio', { name: 'Nothing' }).check()
  await save()
  assert.equal((await stored()).mode, 'none')
  await form.getByRole('radio', { name: 'The internet' }).check()
  await save()
  assert.equal((await stored()).mode, 'internet')
})

test(
  'an owner opens the private address that a run was refused, changes the entry and closes it',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const source =
      "import socket\ndef workflow(r, s):\n    socket.create_connection(('10.255.255.1', 8080), timeout=20)\n"
    const { id } = await createCatch(server, { source, name: 'asks the CRM' })
    const { body } = await server.api<{ id: string }>('POST', `/api/workflows/${id}/runs`, {})
    await page.goto(`${server.url}/runs/${body.id}`)
    await page.getByRole('link', { name: 'Allow 10.255.255.1:8080' }).click()
    const form = page.getByRole('tabpanel', { name: 'Network' }).locator('form')
    await page.getByText('No internal host is open.').waitFor()
    assert.equal(await form.getByLabel('Host and port').inputValue(), '10.255.255.1:8080')
    await form.getByLabel('Note').fill('the CRM')
    await form.getByRole('radio', { name: 'Some workflows' }).check()
    await form.getByRole('combobox', { name: 'Workflows' }).fill('asks')
    await page.getByRole('option', { name: 'asks the CRM' }).click()
    await page.keyboard.press('Escape')
    await form.getByRole('button', { name: 'Allow' }).click()
    const row = page.getByRole('table', { name: 'Internal hosts' }).getByRole('row', { name: /10\.255\.255\.1:8080/ })
    await row.getByText('asks the CRM').waitFor()
    await assertAccessible(tab)
    await keepScreenshot(tab, 'network')
    await page.setViewportSize(NARROW)
    await assertAccessible(tab)
    await keepScreenshot(tab, 'network-narrow')
    await page.setViewportSize(WIDE)
    await row.getByRole('button', { name: 'Edit' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('radio', { name: 'All workflows' }).check()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await row.getByText('All workflows').waitFor()
    await form.getByLabel('Host and port').fill('127.0.0.1:80')
    await form.getByRole('button', { name: 'Allow' }).click()
    await form.getByText(/127\.0\.0\.1:80 has loopback addresses/).waitFor()
    await row.getByRole('button', { name: 'Close' }).click()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    await page.getByText('No internal host is open.').waitFor()
  },
)

test('an internal host of a deleted workflow says that no workflow may connect', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: ECHO })
  const host = '10.4.0.1:443'
  await must(server.api('POST', '/api/network/internal', { host, workflows: [id] }), 201)
  await must(server.api('PATCH', `/api/workflows/${id}`, { archived: true }), 200)
  await must(server.api('DELETE', `/api/workflows/${id}`), 204)
  await visit(page, `${server.url}/settings/network`)
  // The app keeps an answer for two seconds. The page of the test before may have asked between the calls above.
  await page.reload()
  const row = page.getByRole('table', { name: 'Internal hosts' }).getByRole('row').filter({ hasText: host })
  await row.getByText('No workflow', { exact: true }).waitFor()
  await keepScreenshot(tab, 'internal-host-of-no-workflow')
})
