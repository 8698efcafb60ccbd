/** Ways to answer after the person, the run or its workflow changed, and what the rule does not refuse. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPerson, type Sender } from '../../helpers/roles.ts'
import { createCatch, must } from '../../helpers/workflows.ts'
import { PASSWORD, signIn } from './answers.ts'
import { ASKS, type Cast, type Question, refusesStarter, type Starter } from './stage.ts'

const YES = { choice: 'approve' }
const TO_ALL = (name: string) => ({ to: [`${name}@example.com`, 'lea@example.com'] })

/** Returns the senders whose answer is refused, and the question. */
type Scene = { readonly question: Question; readonly senders: readonly Sender[]; readonly isUnknown?: boolean }
type Change = (cast: Cast, name: string) => Promise<Scene>

export function personAttacks(castOf: () => Cast, engine: string): void {
  Object.entries(CHANGES).forEach(([name, change], index) => {
    test(`T100-${401 + index} ${name} (${engine})`, async () => {
      const cast = castOf()
      const { question, senders, isUnknown = false } = await change(cast, `zoe${index}`)
      for (const sender of senders) {
        const answer = await cast.answer(sender, question.taskId, YES)
        if (isUnknown) assert.ok([401, 403].includes(answer.status), `${name}: ${answer.text}`)
        else refusesStarter(answer, name)
      }
      await cast.isOpen(question, name)
      await cast.leaAnswers(question)
    })
  })
  for (const [name, begin] of Object.entries(ALLOWED))
    test(`the rule does not refuse ${name} (${engine})`, async () => {
      const cast = castOf()
      const { runId, taskId } = await cast.questionOf(await begin(cast))
      const answered = await cast.answer(cast.bob.sender, taskId, YES)
      assert.equal(answered.status, 200, `${runId} ${answered.text}`)
    })
}

const role = ({ as, people }: Cast, { id }: { readonly id: string }, given: string, keys: 'end' | 'keep' = 'end') =>
  must(as(people.ada.sender, 'PATCH', `/api/people/${id}`, { role: given, keys }), 200)

async function started(cast: Cast, name: string): Promise<{ readonly zoe: Starter; readonly question: Question }> {
  const zoe = await cast.newOwner(name)
  return { zoe, question: await cast.questionOf(await cast.byHand(zoe.sender, TO_ALL(name))) }
}

const becomes =
  (given: string): Change =>
  async (cast, name) => {
    const { zoe, question } = await started(cast, name)
    await role(cast, zoe, given)
    return { question, senders: [zoe.sender] }
  }

const account = (cast: Cast, sender: Sender, path: string, body: object) =>
  must(cast.as(sender, 'POST', `/api/auth/${path}`, body), 200)

const CHANGES: Readonly<Record<string, Change>> = {
  'an owner who became an editor': becomes('editor'),
  'an owner who became an approver that the task asks': becomes('approver'),
  'an owner who became a viewer that the task asks': becomes('viewer'),
  async 'an owner who became an editor and an owner again'(cast, name) {
    const { zoe, question } = await started(cast, name)
    await role(cast, zoe, 'editor', 'keep')
    await role(cast, zoe, 'owner')
    return { question, senders: [zoe.sender, (await cast.keyOf(zoe.sender, ['read', 'run'])).sender] }
  },
  async 'an editor who became an owner'(cast, name) {
    const zoe = await createPerson(cast.server, 'editor', name)
    const question = await cast.questionOf(await cast.byHand(zoe.sender))
    await role(cast, zoe, 'owner')
    return { question, senders: [zoe.sender, (await cast.keyOf(zoe.sender, ['read', 'run'])).sender] }
  },
  async 'an editor who became an approver that the task asks'(cast, name) {
    const zoe = await createPerson(cast.server, 'editor', name)
    const question = await cast.questionOf(await cast.byHand(zoe.sender, TO_ALL(name)))
    await role(cast, zoe, 'approver')
    return { question, senders: [zoe.sender] }
  },
  async 'a kept key of an owner who became an editor'(cast, name) {
    const { zoe, question } = await started(cast, name)
    await role(cast, zoe, 'editor', 'keep')
    return { question, senders: [zoe.key.sender, zoe.inner.sender], isUnknown: true }
  },
  async 'a person who took the name of another person'(cast, name) {
    const { zoe, question } = await started(cast, name)
    await account(cast, zoe.sender, 'update-user', { name: 'lea' })
    return { question, senders: [zoe.sender, zoe.key.sender] }
  },
  async 'a person who changed their password'(cast, name) {
    const { zoe, question } = await started(cast, name)
    const newPassword = `${PASSWORD} staple`
    await account(cast, zoe.sender, 'change-password', { currentPassword: PASSWORD, newPassword })
    return { question, senders: [await signIn(cast, `${name}@example.com`, newPassword), zoe.key.sender] }
  },
  async 'a person who was removed'(cast, name) {
    const { zoe, question } = await started(cast, name)
    await must(cast.as(cast.people.ada.sender, 'DELETE', `/api/people/${zoe.id}`), 204)
    return { question, senders: [zoe.sender, zoe.key.sender, zoe.inner.sender], isUnknown: true }
  },
  async 'a kept key of a person who was removed'(cast, name) {
    const { zoe, question } = await started(cast, name)
    await must(cast.as(cast.people.ada.sender, 'DELETE', `/api/people/${zoe.id}?keys=keep`), 204)
    return { question, senders: [zoe.key.sender, zoe.inner.sender], isUnknown: true }
  },
  async 'a person who was removed and invited again'(cast, name) {
    const { zoe, question } = await started(cast, name)
    await must(cast.as(cast.people.ada.sender, 'DELETE', `/api/people/${zoe.id}`), 204)
    const again = await cast.newOwner(name)
    return { question, senders: [again.sender, again.key.sender] }
  },
  async 'a person who was removed and invited again in capital letters'(cast, name) {
    const { zoe, question } = await started(cast, name)
    await must(cast.as(cast.people.ada.sender, 'DELETE', `/api/people/${zoe.id}`), 204)
    const again = await cast.newOwner(name.toUpperCase())
    return { question, senders: [again.sender, again.key.sender] }
  },
  async 'a person who was invited again and whose kept key starts the run'(cast, name) {
    const zoe = await cast.newOwner(name)
    await must(cast.as(cast.people.ada.sender, 'DELETE', `/api/people/${zoe.id}?keys=keep`), 204)
    const again = await cast.newOwner(name)
    const question = await cast.questionOf(await cast.byHand(zoe.key.sender))
    return { question, senders: [again.sender, again.key.sender] }
  },
  async 'a person whose kept key started the run before they were invited again'(cast, name) {
    const zoe = await cast.newOwner(name)
    await must(cast.as(cast.people.ada.sender, 'DELETE', `/api/people/${zoe.id}?keys=keep`), 204)
    const question = await cast.questionOf(await cast.byHand(zoe.inner.sender))
    return { question, senders: [(await cast.newOwner(name)).sender] }
  },
  async 'a person whose run another person replayed'(cast, name) {
    const { zoe, question } = await started(cast, name)
    await cast.post(cast.people.ada.sender, `/api/runs/${question.runId}/replay`)
    return { question, senders: [zoe.sender, zoe.key.sender] }
  },
  async 'a person whose run got an event from another person'(cast, name) {
    const zoe = await cast.newOwner(name)
    const id = await cast.byHand(zoe.sender, { event: true })
    await must(cast.as(cast.people.ada.sender, 'POST', `/api/runs/${id}/events/event`, {}), 202)
    return { question: await cast.questionOf(id), senders: [zoe.sender, zoe.key.sender] }
  },
  async 'a person who deployed a version that does not ask'(cast, name) {
    const zoe = await cast.newOwner(name)
    const { workflow, question } = await ownWorkflow(cast, zoe)
    const source = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "[]"}\n'
    await must(cast.as(zoe.sender, 'POST', `/api/workflows/${workflow}/versions`, { source }), 201)
    return { question, senders: [zoe.sender, zoe.key.sender] }
  },
  async 'a person who disabled the workflow and enabled it'(cast, name) {
    const zoe = await cast.newOwner(name)
    const { workflow, question } = await ownWorkflow(cast, zoe)
    for (const enabled of [false, true])
      await must(cast.as(zoe.sender, 'PATCH', `/api/workflows/${workflow}`, { enabled }), 200)
    return { question, senders: [zoe.sender, zoe.key.sender] }
  },
  async 'a person who shortened the times and retries of the workflow'(cast, name) {
    const zoe = await cast.newOwner(name)
    const { workflow, question } = await ownWorkflow(cast, zoe)
    const fields = { timeout_seconds: 1, retries: { count: 3, backoff_seconds: 1 } }
    await must(cast.as(zoe.sender, 'PATCH', `/api/workflows/${workflow}`, fields), 200)
    await must(cast.as(zoe.sender, 'PATCH', `/api/workflows/${workflow}`, { timeout_seconds: 60 }), 200)
    return { question, senders: [zoe.sender, zoe.key.sender] }
  },
}

async function ownWorkflow(cast: Cast, zoe: Starter) {
  const made = await createCatch(cast.server, { source: ASKS })
  return { workflow: made.id, question: await cast.questionOf(await cast.byHand(zoe.sender, {}, made)) }
}

/** No person started these runs, or another one did. */
const ALLOWED: Readonly<Record<string, (cast: Cast) => Promise<string>>> = {
  'a run of the hook': (cast) => cast.hooked(cast.asks, {}),
  'a run that another person started': (cast) => cast.byHand(cast.people.ada.sender),
  'a replay by another person of a run that they started': async (cast) =>
    await cast.post(cast.people.ada.sender, `/api/runs/${await cast.byHand(cast.bob.sender)}/replay`),
  'a run by the key of the server': (cast) => cast.byHand({ authorization: `Bearer ${cast.server.apiKey}` }),
}
