/**
 * A person's data are found, exported and erased with a certificate, and the files of the database then hold nothing of
 * the person. STORY='narrow fr' tells it on a phone and in French.
 */

import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { NEEDS_BROWSER, openApp, openTab, type Tab } from '../../helpers/browser.ts'
import { make, OK, runIdOf, waiting } from '../../helpers/durable.ts'
import { listBelow } from '../../helpers/listing.ts'
import type { TestServer } from '../../helpers/server.ts'
import { STORY_VIEW, type Story, say, tellStory } from '../../helpers/story.ts'
import { callHook, createCatch, runOf } from '../../helpers/workflows.ts'

const VALUE = 'grace.gone.4711@example.com'
const KEEPS = `def workflow(_request, settings):
    settings["LAST"] = _request["email"]
    print("received", _request["email"])
    return {"status_code": 201, "body": "thanks " + _request["email"]}
`
const FAILS = `def workflow(_request, settings):
    raise ValueError("no board for " + _request["email"])
`
const ASKS = `answer = ask("hire", title="Hire " + _request["email"] + "?", to=["owners"])
x = [answer.choice]
${OK}`

type World = {
  readonly server: TestServer
  readonly tab: Tab
  readonly runs: readonly string[]
  readonly asked: string
}

/** The person's address is in runs, properties, an error, and a task that waits. */
async function begin(t: TestContext): Promise<World> {
  const { browser, server, tab: first } = await openApp()
  t.after(async () => {
    await browser.close()
    await server.close()
  })
  const runs: string[] = []
  for (const [name, source] of [
    ['CV intake', KEEPS],
    ['Newsletter', KEEPS],
    ['Job board', FAILS],
  ] as const) {
    const workflow = await createCatch(server, { name, source })
    for (const email of [VALUE, 'ada@example.com', VALUE])
      runs.push((await runOf(server, await callHook(workflow, { email }))).id)
  }
  const asking = await make(server, ASKS, { name: 'Hiring' })
  const asked = runIdOf(await callHook(asking, { email: VALUE }))
  await waiting(server, asked)
  return { server, tab: await openTab(browser, { like: first, ...STORY_VIEW }), runs, asked }
}

test('a person is found, gets their data, and is erased from pages and files', NEEDS_BROWSER, async (t) => {
  const world = await begin(t)
  const story = tellStory(t, world.tab, 'privacy')
  await find(world, story)
  await exportData(world, story)
  await erase(world, story)
  await lookAgain(world, story)
  assertNowhere(world.server)
  story('the files of the database hold nothing of the person')
  story.end()
})

async function find({ server, tab: { page } }: World, story: Story): Promise<void> {
  await page.goto(`${server.url}/tasks`)
  await page.getByText(VALUE).first().waitFor()
  await story.look('a task that waits names the person')
  await page.goto(`${server.url}/settings/person`)
  await page.getByLabel(say('Value')).fill(VALUE)
  await page.keyboard.press('Enter')
  for (const name of ['CV intake', 'Newsletter', 'Job board', 'Hiring'])
    await page.getByRole('row').filter({ hasText: name }).first().waitFor()
  await story.look('what is stored of the person, in four workflows')
}

async function exportData({ tab: { page }, runs, asked }: World, story: Story): Promise<void> {
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: say('Export') }).click()
  const text: string = await readFile(await (await download).path(), 'utf8')
  const ids = JSON.parse(text).runs.map(({ run }: { run: { id: string } }) => run.id)
  assert.deepEqual(ids.toSorted(), [...runs.filter((_, index) => index % 3 !== 1), asked].toSorted())
  assert.ok(text.includes(VALUE))
  await story.look('Export: the file holds it')
}

async function erase({ tab: { page } }: World, story: Story): Promise<void> {
  await page.getByRole('button', { name: say('Erase') }).click()
  const question = page.getByRole('dialog')
  await question.getByRole('checkbox', { name: say('Cancel the runs that wait, with their tasks') }).check()
  await question.getByRole('textbox').fill(VALUE)
  await story.look('Erase asks for the value once more')
  await question.getByRole('button', { name: say('Erase') }).click()
  await page.getByText(say('Nothing that is stored holds “{value}”.', { value: VALUE })).waitFor()
  const certificates = page.getByRole('table', { name: say('Certificates of erasure') })
  const download = page.waitForEvent('download')
  await certificates.getByRole('button', { name: say('Download') }).click()
  const certificate: string = await readFile(await (await download).path(), 'utf8')
  assert.ok(!certificate.includes(VALUE))
  assert.equal(JSON.parse(certificate).runs.length, 7)
  await story.look('the person is erased, and a certificate says so')
}

async function lookAgain({ server, tab: { page }, runs, asked }: World, story: Story): Promise<void> {
  for (const [what, path] of [
    ['the page of a run without the person', `/runs/${runs[0]}`],
    ['a failed run without the person', `/runs/${runs[6]}`],
    ['the run that asked', `/runs/${asked}`],
    ['the tasks', '/tasks'],
  ]) {
    await page.goto(server.url + path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
    assert.equal(await page.getByText(VALUE).count(), 0)
    await story.look(String(what))
  }
}

/** After the steps of docs/guides/privacy.md. */
function assertNowhere({ dataDir }: TestServer): void {
  const database = new DatabaseSync(join(dataDir, 'workflows.db'))
  for (const step of ['PRAGMA busy_timeout = 10000', 'VACUUM', 'PRAGMA wal_checkpoint(TRUNCATE)']) database.exec(step)
  database.close()
  const files = listBelow(dataDir).filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
  assert.ok(files.some((path) => path.endsWith('workflows.db')))
  for (const path of files) assert.ok(!readFileSync(path).includes(VALUE), `${path} holds ${VALUE}`)
}
