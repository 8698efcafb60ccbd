/** What the guides of the command line say, done as they say it. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { createCommandLine } from '../helpers/command-line.ts'
import { COMPILED } from '../helpers/compiled.ts'
import { startServer } from '../helpers/server.ts'
import { callHook, must, type WorkflowBody } from '../helpers/workflows.ts'
import { normalise, play, readSession } from './transcript.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const server = await startServer()
after(() => server.close())

/** `RECORD=1` writes the session anew; look at the difference before you commit it. */
const RECORD = process.env.RECORD === '1'

test('the session in docs/guides/cli.md is what a newcomer sees', async (t) => {
  const path = join(ROOT, 'docs/guides/cli.md')
  const guide = readFileSync(path, 'utf8')
  const line = createCommandLine()
  t.after(() => line.remove())
  const call = async (json: string): Promise<void> => {
    const { data } = await must(server.api<{ data: readonly WorkflowBody[] }>('GET', '/api/workflows?q=hello'), 200)
    const [workflow] = data
    assert.ok(workflow !== undefined)
    assert.equal((await callHook(workflow, JSON.parse(json))).status, 200)
  }
  const [expected, found]: [string[], string[]] = [[], []]
  for (const step of readSession(guide)) {
    expected.push(`$ ${step.command}`, ...step.after)
    found.push(`$ ${step.command}`, ...(await play(step, { line, url: server.url, key: server.apiKey, call }, RECORD)))
  }
  const session = normalise(found.join('\n'))
  if (RECORD)
    return writeFileSync(
      path,
      guide.replace(/```console\n.*?```/s, () => `\`\`\`console\n${session}\n\`\`\``),
    )
  assert.equal(session, normalise(expected.join('\n')))
  assert.ok(found.length > 60, 'the guide has no session')
})

test('the steps of docs/guides/git.md work with a bare repository', async (t) => {
  const guide = readFileSync(join(ROOT, 'docs/guides/git.md'), 'utf8')
  const [begin = '', onRequest = '', onMerge = '', takeOver = ''] = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(
    ([, text]) => text,
  )
  const env = { WORKFLOWS_URL: server.url, WORKFLOWS_API_KEY: server.apiKey }
  const line = createCommandLine(env)
  t.after(() => line.remove())
  const git = {
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.com',
    GIT_CONFIG_GLOBAL: '/dev/null',
    HOME: line.cwd,
  }
  /** As CI does it: the first command that fails ends the script. */
  const sh = async (cwd: string, script: string): Promise<{ ok: boolean; output: string }> => {
    const program = `"${process.execPath}" --disable-warning=ExperimentalWarning "${join(ROOT, 'cli/main.ts')}"`
    const text = `set -e\n${script.replaceAll('npx workflows', program)}`
    try {
      const all = { PATH: process.env.PATH, ...COMPILED, ...env, ...git, WORKFLOWS_CALLED_IN: cwd }
      // Not execFileSync: this process must see that the server closes idle connections.
      const { stdout } = await promisify(execFile)('sh', ['-c', text], { cwd, env: all, encoding: 'utf8' })
      return { ok: true, output: stdout }
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string }
      return { ok: false, output: stdout + stderr }
    }
  }
  const good = async (cwd: string, script: string): Promise<string> => {
    const { ok, output } = await sh(cwd, script)
    assert.ok(ok, `${script}\n${output}`)
    return output
  }
  const workflow = await must(
    server.api<WorkflowBody>('POST', '/api/workflows', { name: 'from-git', kind: 'catch' }),
    201,
  )
  const save = (source: string) => must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source }), 201)
  await save('def workflow(r, s):\n    return {"status_code": 200, "body": "one"}\n')
  const readSource = async () => {
    const { deployed_version } = await must(server.api('GET', `/api/workflows/${workflow.id}`), 200)
    return String(
      (await must(server.api('GET', `/api/workflows/${workflow.id}/versions/${deployed_version}`), 200)).source,
    )
  }

  await good(line.cwd, 'git init -q --bare -b main origin.git; git clone -q origin.git ada 2>&1')
  const ada = join(line.cwd, 'ada')
  await good(ada, begin)
  // A pull request: nothing differs until something does.
  await good(line.cwd, 'git clone -q origin.git request')
  const request = join(line.cwd, 'request')
  assert.match(await good(request, `${onRequest}\ncat changes.diff`), /No difference/)
  await good(request, "sed -i 's/one/two/' from-git/workflow.py")
  assert.match(await good(request, `${onRequest}\ncat changes.diff`), /^-.*one.*\n\+.*two/m)
  await good(request, 'git commit -qam two; git push -q')
  // The merge, in a fresh clone as CI has it: no folder of it was ever pulled.
  const merge = async (name: string) => {
    await good(line.cwd, `git clone -q origin.git ${name}`)
    return await sh(join(line.cwd, name), onMerge)
  }
  const merged = await merge('ci-1')
  assert.ok(merged.ok, merged.output)
  assert.match(await readSource(), /two/)
  assert.match((await merge('ci-2')).output, /from-git\n {2}nothing to change/)
  // Somebody changes it in the app, and somebody else in git.
  await save('def workflow(r, s):\n    return {"status_code": 200, "body": "app"}\n')
  await good(ada, "git pull -q; sed -i 's/two/three/' from-git/workflow.py")
  assert.match((await sh(ada, 'npx workflows pull from-git')).output, /changes that are not committed: .*workflow\.py/)
  await good(ada, 'git commit -qam three; git push -q')
  const stale = await merge('ci-3')
  assert.ok(!stale.ok)
  assert.match(stale.output, /from-git: stale[\s\S]*^-.*app[\s\S]*^\+.*three/m)
  assert.match(await readSource(), /app/)
  await good(ada, takeOver)
  await good(ada, "sed -i 's/app/app and three/' from-git/workflow.py; git commit -qam both; git push -q")
  const last = await merge('ci-4')
  assert.ok(last.ok, last.output)
  assert.match(await readSource(), /app and three/)
})
