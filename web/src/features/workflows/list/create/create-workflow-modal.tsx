import { Button, Checkbox, Group, Modal, Radio, SimpleGrid, Text, TextInput } from '@mantine/core'
import { useMounted } from '@mantine/hooks'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { BLANKS, type Example } from '../../../../lib/examples.ts'
import { Form } from '../../../../lib/forms/form.tsx'
import { t } from '../../../../lib/i18n/t.ts'
import { KINDS, LANGUAGE_NAMES, type Language } from '../../../../lib/kinds.ts'
import { useRuntimes } from '../../../../lib/requests/get-runtimes.ts'
import { useSystem } from '../../../../lib/requests/get-system.ts'
import { KindLabel, kindWord } from '../../../../lib/ui/kind.tsx'
import { LoadError } from '../../../../lib/ui/load-error.tsx'
import { ScheduleFields, scheduleOf, timingOf } from '../../../schedules/schedule-fields.tsx'
import classes from './cards.module.css'
import { ConnectionFields } from './connection-fields.tsx'
import { isConnector, useConnectorState } from './connector-choice.ts'
import { ConnectorFields } from './connector-fields.tsx'
import { type Clients, useCreateWorkflow } from './create-workflow.ts'
import { ExampleChoice } from './example-choice.tsx'
import { useNameTaken } from './use-name-taken.ts'

export function CreateWorkflowModal({ start, onClose }: { start: Example | null; onClose: () => void }) {
  // A window that mounts open does not restore the focus.
  const isMounted = useMounted()
  return (
    <Modal
      opened={isMounted && start !== null}
      onClose={onClose}
      title={t('Create workflow')}
      size="lg"
      classNames={{ content: classes.window }}
    >
      {/* Each start has its own form. The window stays mounted, so it can restore the focus when it closes. */}
      {start === null ? null : <CreateForm key={start.slug} start={start} onClose={onClose} />}
    </Modal>
  )
}

function CreateForm({ start, onClose }: { start: Example; onClose: () => void }) {
  const navigate = useNavigate()
  const create = useCreateWorkflow()
  const [example, setExample] = useState(start)
  const [language, setLanguage] = useState<Language>('python')
  const scriptRuntime = useScriptRuntime()
  const [typedName, setName] = useState<string | null>(null)
  const [timing, setTiming] = useState(() => timingOf(start.schedule ?? null))
  const { demo, twins = [] } = useSystem().data ?? {}
  const [isDemo, setDemo] = useState(true)
  const [clients, setClients] = useState<Clients>({})
  const connector = useConnectorState(example)
  const made = isConnector(example) ? connector.example : example
  const usedDemo = isDemo && !isConnector(example) && demo !== undefined ? { ...demo, twins } : null
  const name = typedName ?? (example.properties.length === 0 ? '' : example.slug.replace(/^(catch|pull)-/, ''))
  const choose = (next: Example) => {
    setExample(next)
    setTiming(timingOf(next.schedule ?? null))
  }
  const speak = (next: Language) => {
    setLanguage(next)
    if (example.code[next] === null) choose(BLANKS[example.kind])
  }
  const submit = () => {
    const schedule = example.kind === 'pull' ? scheduleOf(timing) : null
    if (made === null || name.trim() === '' || (example.kind === 'pull' && schedule === null)) return
    create.mutate(
      {
        name: name.trim(),
        example: made,
        language,
        runtime: language === 'python' ? null : scriptRuntime,
        schedule,
        demo: usedDemo,
        clients,
      },
      {
        onSuccess: (workflow) => {
          onClose()
          void navigate(`/workflows/${workflow.id}/function`)
        },
      },
    )
  }
  return (
    <Form onSubmit={submit}>
      <KindChoice example={example} onChoose={choose} />
      <NameField name={name} example={example} isCreating={create.isPending} onChange={setName} />
      {example.kind === 'pull' ? (
        <ScheduleFields timing={timing} onChange={(changed) => setTiming({ ...timing, ...changed })} />
      ) : null}
      {scriptRuntime === null ? null : <LanguageChoice language={language} onChoose={speak} />}
      <ExampleChoice example={example} language={language} onChoose={choose} />
      {isConnector(example) ? <ConnectorFields state={connector} /> : null}
      {demo === undefined || example.properties.length === 0 ? null : <DemoChoice isDemo={isDemo} onChange={setDemo} />}
      <ConnectionFields example={example} demo={usedDemo} clients={clients} onChange={setClients} />
      <LoadError of={create} />
      <FormButtons isPending={create.isPending} isReady={name.trim() !== '' && made !== null} onClose={onClose} />
    </Form>
  )
}

type NameProps = { name: string; example: Example; isCreating: boolean; onChange: (name: string) => void }

function NameField({ name, example, isCreating, onChange }: NameProps) {
  // During its creation, the other workflow is this one.
  const isTaken = useNameTaken(name) && !isCreating
  return (
    <TextInput
      label={t('Name')}
      value={name}
      onChange={(event) => onChange(event.currentTarget.value)}
      required
      maxLength={200}
      placeholder={example.kind === 'catch' ? 'parse-resume' : 'sync-jobs'}
      description={isTaken ? t('Another workflow has this name.') : undefined}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      data-autofocus
    />
  )
}

function DemoChoice({ isDemo, onChange }: { isDemo: boolean; onChange: (isDemo: boolean) => void }) {
  return (
    <Checkbox
      label={t('Fill in the demo services')}
      description={t('Stand-ins on this server: the example works without any account.')}
      checked={isDemo}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  )
}

type ButtonsProps = { isPending: boolean; isReady: boolean; onClose: () => void }

function FormButtons({ isPending, isReady, onClose }: ButtonsProps) {
  return (
    <Group justify="flex-end" className={classes.buttons}>
      <Button variant="default" onClick={onClose}>
        {t('Cancel')}
      </Button>
      <Button type="submit" loading={isPending} disabled={!isReady}>
        {t('Create')}
      </Button>
    </Group>
  )
}

type ChoiceProps = { example: Example; onChoose: (example: Example) => void }

const EXPLANATIONS = {
  catch: t('Another service calls its URL.'),
  pull: t('It runs on a schedule.'),
} as const

function KindChoice({ example, onChoose }: ChoiceProps) {
  const onChange = (value: string) => onChoose(value === 'pull' ? BLANKS.pull : BLANKS.catch)
  return (
    <Radio.Group value={example.kind} onChange={onChange} label={t('Kind')} name="kind">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" mt={4}>
        {KINDS.map((kind) => (
          <Radio.Card
            key={kind}
            value={kind}
            className={classes.card}
            data-chosen={kind === example.kind || undefined}
            aria-label={kindWord(kind)}
          >
            <Group wrap="nowrap" align="flex-start" gap="sm">
              <Radio.Indicator />
              <div>
                <Text fw={600} component="div">
                  <KindLabel kind={kind} />
                </Text>
                <Text size="xs" c="dimmed">
                  {EXPLANATIONS[kind]}
                </Text>
              </div>
            </Group>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  )
}

function useScriptRuntime(): string | null {
  const runtimes = useRuntimes()
  return runtimes.data?.find(({ language, usable }) => language === 'javascript' && usable)?.name ?? null
}

function LanguageChoice({ language, onChoose }: { language: Language; onChoose: (language: Language) => void }) {
  return (
    <Radio.Group
      value={language}
      onChange={(value) => onChoose(value === 'javascript' ? 'javascript' : 'python')}
      label={t('Programming language')}
      name="language"
    >
      <Group gap="lg" mt={6}>
        {(['python', 'javascript'] as const).map((one) => (
          <Radio key={one} value={one} label={LANGUAGE_NAMES[one]} />
        ))}
      </Group>
    </Radio.Group>
  )
}
