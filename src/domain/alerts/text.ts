import type { PersonLanguage } from '../shared/person-language.ts'
import type { AlertMessage } from './alert.ts'

export type AlertText = {
  readonly subject: string
  readonly lines: readonly string[]
  readonly link: { readonly label: string; readonly url: string } | null
}

const MAX_MESSAGE = 500

type Words = {
  readonly subject: Readonly<Record<AlertMessage['type'], (name: string) => string>>
  readonly decision: (proposed: string) => string
  readonly workflow: string
  readonly error: string
  readonly since: (time: string, failures: number) => string
  readonly heldBack: (count: number) => string
  readonly openRun: string
  readonly openWorkflow: string
  readonly openTask: string
  readonly test: string
}

const WORDS: Readonly<Record<PersonLanguage, Words>> = {
  en: {
    subject: {
      failing: (name) => `${name} is failing`,
      recovered: (name) => `${name} works again`,
      missed_tick: (name) => `${name} missed a scheduled run`,
      dead_letter: (name) => `${name}: a background run failed after its last retry`,
      canary_aborted: (name) => `${name}: the canary failed too often and was ended`,
      settings_conflict: (name) => `${name} overwrote another change of a setting`,
      connection_lost: (name) => `${name} needs a new sign-in of a connection`,
      task: (title) => `Please decide: ${title}`,
      anchors: () => 'Anchors of decisions',
      test: () => 'Test message from Workflows',
    },
    decision: (proposed) => `“${proposed}” is proposed`,
    workflow: 'Workflow',
    error: 'Error',
    since: (time, failures) => `Failing since ${time}; ${failures} failed ${failures === 1 ? 'run' : 'runs'} in a row.`,
    heldBack: (count) => `${count} similar ${count === 1 ? 'message was' : 'messages were'} held back.`,
    openRun: 'Open the run',
    openWorkflow: 'Open the workflow',
    openTask: 'Open the task',
    test: 'This channel works.',
  },
  fr: {
    subject: {
      failing: (name) => `${name} est en échec`,
      recovered: (name) => `${name} fonctionne à nouveau`,
      missed_tick: (name) => `${name} a manqué une exécution planifiée`,
      dead_letter: (name) => `${name} : une exécution en arrière-plan a échoué après sa dernière tentative`,
      canary_aborted: (name) => `${name} : le canari a échoué trop souvent et a été arrêté`,
      settings_conflict: (name) => `${name} a écrasé une autre modification d’un réglage`,
      connection_lost: (name) => `${name} demande une nouvelle connexion à un service`,
      task: (title) => `À décider : ${title}`,
      anchors: () => 'Ancres des décisions',
      test: () => 'Message de test de Workflows',
    },
    decision: (proposed) => `« ${proposed} » est proposé`,
    workflow: 'Workflow',
    error: 'Erreur',
    since: (time, failures) =>
      `En échec depuis le ${time} ; ${failures} ${failures === 1 ? 'exécution échouée' : 'exécutions échouées'} de suite.`,
    heldBack: (count) => `${count} ${count === 1 ? 'message semblable retenu' : 'messages semblables retenus'}.`,
    openRun: 'Ouvrir l’exécution',
    openWorkflow: 'Ouvrir le workflow',
    openTask: 'Ouvrir la tâche',
    test: 'Ce canal fonctionne.',
  },
}

export function alertText(message: AlertMessage, baseUrl: string, language: PersonLanguage): AlertText {
  const words = WORDS[language]
  const { type, workflow, run, since, failures, heldBack } = message
  const lines = [
    ...(type === 'test' ? [words.test] : []),
    ...(workflow === null ? [] : [`${words.workflow}: ${workflow.name} (${workflow.kind})`]),
    ...(run === null || type === 'recovered' ? [] : errorLines(words.error, run)),
    ...(since === null || failures === 0 ? [] : [words.since(timeOf(since, language), failures)]),
    ...(heldBack === 0 ? [] : [words.heldBack(heldBack)]),
  ]
  return {
    subject: words.subject[type](subjectOf(message, words)),
    lines,
    link: linkOf(message, baseUrl, words),
  }
}

/** The function writes a task's title, the server a decision's. */
function subjectOf({ task, workflow }: AlertMessage, words: Words): string {
  if (task?.proposed !== undefined) return words.decision(task.proposed.replaceAll(/\p{Cc}/gu, ' '))
  return task?.title ?? workflow?.name ?? ''
}

function linkOf({ workflow, run, task }: AlertMessage, baseUrl: string, words: Words): AlertText['link'] {
  if (task !== undefined) return { label: words.openTask, url: taskUrl(baseUrl, task.id) }
  if (run !== null) return { label: words.openRun, url: runUrl(baseUrl, run.id) }
  return workflow === null ? null : { label: words.openWorkflow, url: `${baseUrl}/workflows/${workflow.id}` }
}

function errorLines(label: string, { code, message }: NonNullable<AlertMessage['run']>): readonly string[] {
  if (code === null && message === null) return []
  const named = code === null ? label : `${label} (${code})`
  return [message === null ? named : `${named}: ${message.slice(0, MAX_MESSAGE)}`]
}

export const taskUrl = (baseUrl: string, taskId: string): string => `${baseUrl}/tasks/${taskId}`

export const runUrl = (baseUrl: string, runId: string): string => `${baseUrl}/runs/${runId}`

function timeOf(at: number, language: PersonLanguage): string {
  const text = new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  }).format(at)
  return `${text} UTC`
}
