/** The store decides who may answer. */

import { UserError } from '../../../errors.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { pageQuery } from '../common/api.ts'
import { presentPage } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { presentTask, viewerOf } from './present.ts'
import { Task, TaskAnswer, TaskPage, TaskQuery } from './schemas.ts'

const tags = ['Tasks']

export const taskRoutes: readonly ApiRoute[] = [
  route.get(
    '/tasks',
    {
      config: { anyPerson: true },
      tags,
      summary: 'Tasks that ask you, newest first',
      description: 'Owners see all tasks.',
      querystring: TaskQuery,
      response: { 200: TaskPage },
    },
    async (request, { store }) => {
      const { status, mine, workflow_id: workflowId } = request.query
      const page = await store.tasks.list(
        viewerOf(request, store.servers.sharedNow()),
        { status, mine, workflowId },
        pageQuery(request.query),
      )
      return presentPage(page, presentTask)
    },
  ),

  route.get(
    '/tasks/:id',
    { config: { anyPerson: true }, tags, summary: 'Read a task', response: { 200: Task } },
    async (request, { store }) => {
      const { id } = request.params
      const task = await store.tasks.get(viewerOf(request, store.servers.sharedNow()), id)
      if (task !== null) return presentTask(task)
      throw new UserError('not_found', `There is no task ${JSON.stringify(id.slice(0, 100))} for you.`)
    },
  ),

  route.post(
    '/tasks/:id/answer',
    {
      config: { scope: 'run', anyPerson: true },
      tags,
      summary: 'Answer a task',
      description:
        'The first answer counts. A person who started or continued the run cannot answer its tasks. An API key answers for the person who made it.',
      body: TaskAnswer,
      response: { 200: Task },
    },
    async (request, { runner, changes }) => {
      const { choice, reason, fields = null } = request.body
      const { id: taskId } = request.params
      const given = { taskId, choice, reason: reason?.trim() || null, fields, by: actorOf(request) }
      const task = await runner.answerTask(given)
      changes.announce({ workflowId: task.workflowId, action: 'task.answer' })
      return presentTask({ ...task, whyNot: 'The task was answered.' })
    },
  ),
]
