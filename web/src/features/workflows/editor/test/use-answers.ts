import { jsonProblem } from '../../../../lib/json-text.ts'
import type { StartRun } from '../../../../lib/requests/runs/start-run.ts'
import { isText, useSessionState } from '../../../../lib/use-stored-state.ts'
import type { Code } from '../text/code.ts'

const IMPORTS = ['from workflows import', 'import workflows', "from 'workflows'", 'from "workflows"'] as const

/** The server reads the imports. Here, their text suffices. */
const importsWorkflows = ({ source, files }: Code): boolean =>
  [source, ...Object.values(files)].some((text) => IMPORTS.some((words) => text.includes(words)))

/** `sent`: the run's fields. `isSendable`: the text is empty or JSON. */
export function useAnswers(workflowId: string, code: Code) {
  const [typed, set] = useSessionState(`answers:${workflowId}`, isText)
  const isShown = importsWorkflows(code)
  const text = typed ?? ''
  const isEmpty = !isShown || text.trim() === ''
  return {
    isShown,
    text,
    set,
    isSendable: isEmpty || jsonProblem(text) === null,
    sent: (): Pick<StartRun, 'answers'> => (isEmpty ? {} : { answers: JSON.parse(text) }),
  }
}
