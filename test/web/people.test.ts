/** An owner invites a colleague, who joins, sees what the role allows, and is removed again. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import {
  endRoutes,
  intercept,
  keepScreenshot,
  NEEDS_BROWSER,
  openTab,
  openTabOf,
  type Tab,
  visit,
  withApp,
} from '../helpers/browser.ts'
import { openSql } from '../helpers/databases.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, must, runOf, until } from '../helpers/workflows.ts'

let server: TestServer
let browser: Browser
let owner: Tab

withApp((app) => ({ browser, server, tab: owner } = app))

async function decide() {
  const source = `from workflows import decide
def workflow(_request, settings):
    decide("lea@example.com", "reject", reasons=["r"])
`
  const workflow = await createCatch(server, { source })
  assert.equal((await callHook(workflow, {})).status, 200)
  const path = `/api/decisions?workflow_id=${workflow.id}`
  const { data } = await must(server.api<{ data: { id: string }[] }>('GET', path), 200)
  return { workflow, id: data[0]?.id ?? assert.fail() }
}

test(
  'Y22 an invited viewer joins by the link, looks and cannot change, and is out when removed',
  NEEDS_BROWSER,
  async () => {
    await createCatch(server, { source: 'def workflow(_request, settings):\n    return None\n' })
    const { page } = owner
    await page.goto(`${server.url}/settings/people`)
    await page.getByLabel('Invite by email address').fill('grace@example.com')
    await page.getByRole('combobox', { name: 'Role', exact: true }).click()
    await page.getByRole('option', { name: 'Viewer' }).click()
    await page.getByRole('button', { name: 'Invite', exact: true }).click()
    const first = (await page.getByText('/join#token=').textContent()) ?? ''
    await page.getByRole('button', { name: 'New link' }).click()
    const links = page.getByText('/join#token=')
    await until(async () => (await links.count()) === 2)
    const link = (await links.allTextContents()).find((one) => one !== first) ?? ''
    await page.getByRole('table', { name: 'Pending invitations' }).getByText('grace@example.com').waitFor()
    await keepScreenshot(owner, 'people')

    const guest = await openTab(browser)
    await guest.page.goto(link)
    await guest.page.getByText('You are invited as a viewer.').waitFor()
    assert.deepEqual(
      (await new AxeBuilder({ page: guest.page }).analyze()).violations.map(({ id }) => id),
      [],
    )
    await keepScreenshot(guest, 'join')
    await guest.page.getByLabel('Name').fill('Grace')
    await guest.page.getByLabel(/^Password/).fill('correct horse battery')
    await guest.page.getByRole('button', { name: 'Create account' }).click()
    await guest.page.getByText('You have view-only access.').waitFor()
    await guest.page.goto(`${server.url}/settings`)
    await guest.page.getByRole('heading', { name: 'Account' }).waitFor()
    assert.equal(await guest.page.getByRole('heading', { name: 'People' }).count(), 0)

    await page.reload()
    await page.getByRole('combobox', { name: 'Role of Grace' }).click()
    await page.getByRole('option', { name: 'Editor' }).click()
    await page.getByText('Grace is now an editor.').waitFor()
    await guest.page.reload()
    await guest.page.getByRole('heading', { name: 'Account' }).waitFor()
    assert.equal(await guest.page.getByText('You have view-only access').count(), 0)

    const row = page.getByRole('row').filter({ hasText: 'grace@example.com' })
    await row.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await row.waitFor({ state: 'detached' })
    await guest.page.goto(`${server.url}/runs`)
    await guest.page.getByRole('heading', { name: 'Sign in' }).waitFor()

    await guest.page.goto(link)
    await guest.page.getByText('This invitation was used').waitFor()
  },
)

test(
  'removing an owner lists the API keys that they created, and asks whether to keep them',
  NEEDS_BROWSER,
  async () => {
    const body = { email: 'key-maker@example.com', role: 'owner' }
    const invitation = await must(server.api<{ url: string }>('POST', '/api/invitations', body), 201)
    const guest = await openTab(browser)
    await guest.page.goto(invitation.url)
    await guest.page.getByLabel('Name').fill('Lin')
    await guest.page.getByLabel(/^Password/).fill('correct horse battery')
    await guest.page.getByRole('button', { name: 'Create account' }).click()
    await guest.page.waitForURL(/workflows|home|\/$/)
    await guest.page.goto(`${server.url}/settings/keys`)
    await guest.page.getByLabel('Name of a new key').fill('nightly import')
    await guest.page.getByRole('button', { name: 'Create API key' }).click()
    await guest.page.getByRole('table', { name: 'API keys' }).getByText('created by Lin').waitFor()

    const { page } = owner
    const held = Promise.withResolvers<void>()
    await intercept(page, '**/api/keys', async (route) => {
      await held.promise
      await route.continue()
    })
    await page.goto(`${server.url}/settings/people`)
    // Before the keys are known, too: without the question they would be revoked.
    const row = page.getByRole('row').filter({ hasText: 'key-maker@example.com' })
    await row.getByRole('button', { name: 'Remove' }).click()
    const question = page.getByRole('dialog', { name: 'Remove Lin?' })
    await question.getByRole('button', { name: 'Remove', disabled: true }).waitFor()
    await question.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('combobox', { name: 'Role of Lin' }).click()
    await page.getByRole('option', { name: 'Editor' }).click()
    const dialog = page.getByRole('dialog', { name: 'Lin will no longer be an owner' })
    await dialog.getByRole('button', { name: 'Change role', disabled: true }).waitFor()
    held.resolve()
    await endRoutes(page)
    await dialog.getByText('API keys created by this person: nightly import').waitFor()
    await dialog.getByRole('checkbox', { name: 'Keep these keys active' }).check()
    await dialog.getByRole('button', { name: 'Change role' }).click()
    await page.getByText('Lin is now an editor.').waitFor()
    const isRevoked = async () =>
      (await must(server.api<{ data: { revoked_at: string | null }[] }>('GET', '/api/keys'), 200)).data.map(
        ({ revoked_at }) => revoked_at !== null,
      )
    assert.deepEqual(await isRevoked(), [false])

    await row.getByRole('button', { name: 'Remove' }).click()
    await question.getByText('API keys created by this person: nightly import').waitFor()
    await question.getByRole('checkbox', { name: 'Keep these keys active' }).uncheck()
    await assertAccessible(owner)
    await keepScreenshot(owner, 'remove-person')
    await question.getByRole('button', { name: 'Remove' }).click()
    await row.waitFor({ state: 'detached' })
    assert.deepEqual(await isRevoked(), [true])
  },
)

test('a viewer is offered nothing that the server would refuse', NEEDS_BROWSER, async () => {
  const source = 'def workflow(_request, settings):\n    return settings["MISSING"]\n'
  const catching = await createCatch(server, { source, settings: { CITY: 'Paris' } })
  const pulling = await createPull(server, {
    source: 'def workflow(settings):\n    pass\n',
    schedule: { every_seconds: 3600 },
  })
  const run = await runOf(server, await callHook(catching, {}))
  const { id: decisionId } = await decide()
  const { page, errors } = await openTabOf({ browser, server }, { name: 'Vera', role: 'viewer' })

  const changing =
    /^(Create|Deploy|Save|Discard|Run|Pause|Replay|Cancel|Delete|Replace|Paste|New URL|Archive|Environment property|Search$)/
  const pages: readonly [path: string, shows: string][] = [
    ['/', 'Running now'],
    ['/workflows', 'Workflows'],
    [`/workflows/${catching.id}`, 'Hook URL'],
    [`/workflows/${catching.id}/function`, 'Environment properties'],
    [`/workflows/${pulling.id}`, 'Schedule'],
    [`/workflows/${catching.id}/settings`, 'Retention'],
    [`/workflows/${pulling.id}/settings`, 'Retention'],
    [`/runs/${run.id}`, 'Timing'],
    [`/decisions/${decisionId}`, 'What would have changed it'],
  ]
  for (const [path, shows] of pages) {
    await visit(page, server.url + path)
    await page.getByRole('heading', { name: shows, exact: true }).waitFor()
    await page.locator('[aria-busy]').first().waitFor({ state: 'detached' })
    const offered = page.getByRole('button', { name: changing, disabled: false })
    assert.deepEqual(await offered.allTextContents(), [], path)
  }
  await page.getByText('Only editors and owners can start the search.').waitFor()

  await page.goto(`${server.url}/workflows/${catching.id}/function`)
  const code = page.getByRole('textbox', { name: /^Code of the function/ })
  await code.click()
  await page.keyboard.type('typed')
  assert.doesNotMatch((await code.textContent()) ?? '', /typed/)
  await page.getByRole('textbox', { name: 'Value of CITY' }).click()
  await page.keyboard.type('typed')
  assert.equal(await page.getByRole('textbox', { name: 'Value of CITY' }).inputValue(), 'Paris')
  await page.getByRole('button', { name: 'More about CITY' }).click()
  await page.getByRole('menuitem').first().waitFor()
  assert.deepEqual(await page.getByRole('menuitem').allTextContents(), ['History'])
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Versions' }).click()
  await page.getByRole('dialog', { name: 'Versions' }).getByText('v1').first().waitFor()
  assert.equal(await page.getByRole('button', { name: 'Open in editor' }).isVisible(), false)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.getByRole('textbox', { name: 'Find a command' }).fill('create')
  await page.getByText('No results.').waitFor()
  assert.deepEqual(errors, [])
})

test(
  'a workflow restricted to other editors is read-only in the app, and an owner sets who they are',
  NEEDS_BROWSER,
  async () => {
    const { workflow, id: decisionId } = await decide()
    const { page, errors } = await openTabOf({ browser, server }, { name: 'Eddie', role: 'editor' })

    await owner.page.goto(`${server.url}/workflows/${workflow.id}/settings`)
    const form = owner.page.locator('form').filter({ hasText: 'Restrict to some editors' })
    await form.getByRole('switch').click()
    await keepScreenshot(owner, 'editors')
    const saved = owner.page.waitForResponse((response) => response.request().method() === 'PATCH')
    await form.getByRole('button', { name: 'Save' }).click()
    assert.equal((await saved).status(), 200)
    await page.goto(`${server.url}/workflows/${workflow.id}/settings`)
    await page.getByText('Only owners and the editors of this workflow can change and run it. Ask ').waitFor()
    const changing = /^(Create|Deploy|Save|Run|New URL|Archive)/
    assert.deepEqual(await page.getByRole('button', { name: changing, disabled: false }).allTextContents(), [])
    await page.goto(`${server.url}/workflows/${workflow.id}/function`)
    await page.getByRole('heading', { name: 'Environment properties' }).waitFor()
    await page.getByText('Only owners and the editors of this workflow can run tests.').waitFor()
    assert.deepEqual(await page.getByRole('button', { name: changing, disabled: false }).allTextContents(), [])
    await page.goto(`${server.url}/decisions/${decisionId}`)
    await page.getByRole('heading', { name: 'What would have changed it' }).waitFor()
    await page.getByRole('button', { name: 'Search', exact: true }).waitFor({ state: 'detached' })
    await page.getByText('Only owners and the editors of this workflow can start the search.').waitFor()
    assert.deepEqual(errors, [])

    const { data } = await must(server.api<{ data: { id: string; name: string }[] }>('GET', '/api/people'), 200)
    const ids = data.filter(({ name }) => name === 'Eddie').map(({ id }) => id)
    await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { editors: ids }), 200)
    await page.goto(`${server.url}/workflows/${workflow.id}/settings`)
    await page.getByRole('button', { name: 'Archive this workflow', disabled: false }).waitFor()
    await page.goto(`${server.url}/decisions/${decisionId}`)
    await page.getByRole('button', { name: 'Search', exact: true }).waitFor()
  },
)

test('Y12 the app asks for the password again, and then does what it was asked to', NEEDS_BROWSER, async (t) => {
  const run = await openSql(t, { databaseUrl: null, dataDir: server.dataDir })
  await run(`update session set "createdAt" = '${new Date(Date.now() - 3600_000).toISOString()}'`)
  const { page } = owner
  const known = Promise.withResolvers<void>()
  await intercept(page, '**/get-session*', async (route) => {
    await known.promise
    await route.continue()
  })
  await page.goto(`${server.url}/settings/keys`)
  await page.getByLabel('Name of a new key').fill('made after a sign-in')
  await page.getByRole('button', { name: 'Create API key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
  await dialog.waitFor()
  // Until the person's address is known, a sign-in would be sent without it.
  assert.equal(await dialog.getByRole('button', { name: 'Confirm' }).count(), 0)
  known.resolve()
  await dialog.getByLabel(/^Password/).fill('correct horse battery')
  await keepScreenshot(owner, 'sign-in-again')
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('Copy this key now.').waitFor()
  await page.getByRole('table', { name: 'API keys' }).getByText('made after a sign-in').waitFor()
  await endRoutes(page)
})

test('A04 a person ends a session of another browser', NEEDS_BROWSER, async () => {
  const other = await openTab(browser)
  await other.page.goto(`${server.url}/sign-in`)
  await other.page.getByLabel('Email').fill('ada@example.com')
  await other.page.getByLabel(/^Password/).fill('correct horse battery')
  await other.page.getByRole('button', { name: 'Sign in' }).click()
  await other.page.waitForURL(/workflows|home|\/$/)
  const { page } = owner
  await page.goto(`${server.url}/settings`)
  await page.getByRole('button', { name: /^Sign out \w+ on/ }).click()
  await page.getByRole('button', { name: /^Sign out \w+ on/ }).waitFor({ state: 'detached' })
  await page.getByText('This device').waitFor()
  await other.page.goto(`${server.url}/runs`)
  await other.page.getByRole('heading', { name: 'Sign in' }).waitFor()
})

test('a person sets a new password with the link from the command line', NEEDS_BROWSER, async () => {
  const env = { ...process.env, WORKFLOWS_DATA_DIR: server.dataDir, WORKFLOWS_PUBLIC_URL: server.url }
  const output = execFileSync('sh', ['scripts/run.sh', 'reset-password', 'ada@example.com'], { env, encoding: 'utf8' })
  const { page } = await openTab(browser)
  await page.goto(/http\S+reset#token=\S+/.exec(output)?.[0] ?? '')
  await page.getByLabel(/^Password/).fill('another horse battery')
  assert.deepEqual(
    (await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id),
    [],
  )
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByLabel('Email').fill('ada@example.com')
  await page.getByLabel(/^Password/).fill('another horse battery')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(/workflows|home|\/$/)
  await owner.page.goto(`${server.url}/runs`)
  await owner.page.getByRole('heading', { name: 'Sign in' }).waitFor()
})
