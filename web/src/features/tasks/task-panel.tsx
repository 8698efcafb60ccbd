import { Anchor, Group, Stack, Text, Title } from '@mantine/core'
import { Link } from 'react-router'
import { rich } from '../../lib/i18n/rich.ts'
import { t } from '../../lib/i18n/t.ts'
import { serverWords } from '../../lib/notices/server-words.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import { visible } from '../../lib/text.ts'
import { AskedPeople } from '../../lib/ui/controls/asked-people.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { JsonValues } from '../../lib/ui/text/json-values.tsx'
import { AnswerForm } from './answer-form.tsx'
import type { Task } from './tasks.ts'

type Props = { task: Task; order: 1 | 2 }

export function TaskPanel({ task, order }: Props) {
  const mayRead = useMay('read')
  const title = titleOf(task)
  return (
    <Panel label={title}>
      <Stack gap="sm">
        <div>
          <Title order={order} size="h3" className="wrap">
            <Anchor component={Link} to={`/tasks/${task.id}`} inherit c="inherit">
              {title}
            </Anchor>
          </Title>
          <Group gap={6}>
            <Text size="sm" c="dimmed" className="wrap">
              {task.status === 'answered' || task.status === 'cancelled'
                ? visible(task.workflow_name)
                : rich('{workflow} · due {time}', {
                    workflow: visible(task.workflow_name),
                    time: <RelativeTime at={task.due_at} />,
                  })}
            </Text>
            {mayRead ? (
              <Anchor size="sm" component={Link} to={`/runs/${task.run_id}`}>
                {t('Open the run')}
              </Anchor>
            ) : null}
          </Group>
        </div>
        {task.text === null ? null : (
          <Text className="wrap" style={{ whiteSpace: 'pre-wrap' }}>
            {visible(task.text)}
          </Text>
        )}
        {task.data === null ? null : <JsonValues json={task.data} nameOf={memberNames(task)} />}
        {task.may_answer ? <AnswerForm task={task} /> : <Outcome task={task} />}
      </Stack>
    </Panel>
  )
}

function Outcome({ task: { answer, why_not, status, to } }: { task: Task }) {
  if (answer === null)
    return (
      <>
        <Text size="sm" c="dimmed">
          {serverWords(why_not ?? '')}
        </Text>
        {status === 'open' ? <AskedPeople to={to} /> : null}
      </>
    )
  return (
    <div>
      <Text fw={600} className="wrap">
        {rich('{name} chose “{choice}” {time}', {
          name: visible(answer.by.name),
          choice: visible(answer.choice),
          time: <RelativeTime at={answer.at} />,
        })}
      </Text>
      {answer.reason === null ? null : (
        <Text size="sm" className="wrap" style={{ whiteSpace: 'pre-wrap' }}>
          {visible(answer.reason)}
        </Text>
      )}
    </div>
  )
}

/** The function wrote titles, choices and data, except for a decision's task. */
const titleOf = ({ title, decision }: Task): string =>
  visible(decision === null ? title : t('Decision: {outcome}', { outcome: decision.proposed }))

const MEMBERS: Readonly<Record<string, string>> = {
  subject: t('Person'),
  inputs: t('Data'),
  model: t('Model'),
  score: t('Score'),
}

const memberNames = ({ decision }: Task): ((member: string) => string) =>
  decision === null ? visible : (member) => MEMBERS[member] ?? visible(member)
