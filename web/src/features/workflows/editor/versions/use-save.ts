import { useState } from 'react'
import { ApiError } from '../../../../lib/client/api.ts'
import { useOnceReady } from '../../../../lib/forms/use-once-ready.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../../../lib/notices/notify.ts'
import { type NewVersion, useCreateVersion } from '../../../../lib/requests/create-version.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import type { Problem } from '../code/diagnostics.ts'
import { type Code, isSameCode } from '../text/code.ts'
import type { CodeBase, CodeDraft } from './code-draft.ts'
import { problemOf, useDeploy } from './use-deploy.tsx'

export type Saved = Code & { number: number; newest: number }
export type SavedNow = { number: number; code: Code; deployed: number }
export type Pending = 'draft' | 'deployment' | null
export type SaveWish = { deploy: boolean; message?: string; upgrade?: boolean; then?: () => void }

type Options = {
  workflow: Workflow
  saved: Saved
  draft: CodeDraft | null
  code: Code
  onProblem: (problem: Problem | null) => void
  onSaved: (version: SavedNow) => void
}

/**
 * After a refused save, `conflict` waits for the person's choice, so no other version is overwritten. A request during
 * a save follows it.
 */
export function useSave(options: Options) {
  const sending = useSending(options)
  const { wait } = useOnceReady<SaveWish>(!sending.saving, sending.hasFailed, (wish) => {
    if (hasRest(options, wish)) sending.save(wish)
    else wish.then?.()
  })
  return { ...sending, save: sending.saving ? wait : sending.save }
}

const hasRest = ({ draft, saved, workflow }: Options, { deploy, upgrade = false }: SaveWish): boolean =>
  draft !== null || upgrade || (deploy && saved.number !== workflow.deployed_version)

function useSending({ workflow, saved, draft, code, onProblem, onSaved }: Options) {
  const create = useCreateVersion(workflow.id)
  const deploy = useDeploy(workflow)
  const [conflict, setConflict] = useState<SaveWish | null>(null)
  const now: CodeBase = { newest: saved.newest, deployed: workflow.deployed_version ?? 0 }
  const save = (wish: SaveWish, base: CodeBase = draft?.base ?? now) => {
    const previous = workflow.deployed_version
    if (draft === null && wish.deploy && wish.upgrade !== true && saved.number > 0 && saved.number !== previous) {
      deploy.run(saved.number, onProblem)
      return
    }
    const { deploy: isDeployed, message = '', upgrade = false } = wish
    const bases = { base_version: base.newest, base_deployed: base.deployed }
    // The server refuses saved version numbers here.
    const { source, files } = code
    const version = { source, files, message, deploy: isDeployed, upgrade_packages: upgrade, ...bases }
    create.mutate(isDeployed ? version : { ...version, base_deployed: undefined }, {
      onSuccess: ({ number }) => {
        onProblem(null)
        setConflict(null)
        onSaved({ number, code, deployed: isDeployed ? number : base.deployed })
        if (isDeployed) deploy.announce(number, previous)
        else notifyDone(t('Version {number} saved as a draft.', { number }))
        wish.then?.()
      },
      onError: (error) => {
        if (!(error instanceof ApiError)) return notifyError(error)
        if (error.status === 422) onProblem(problemOf(error))
        else if (error.status === 409) setConflict(wish)
        else notifyError(error)
      },
    })
  }
  const refusal =
    create.error instanceof ApiError && create.error.status === 422 && isSent(create.variables, code)
      ? create.error
      : deploy.refusal
  const overwrite = () => conflict !== null && save(conflict, now)
  const saving = create.isPending || deploy.isPending
  const pending: Pending = !saving
    ? null
    : create.isPending && create.variables.deploy !== true
      ? 'draft'
      : 'deployment'
  const compare = () => setConflict({ deploy: false })
  const hasFailed = create.submittedAt > deploy.submittedAt ? create.isError : deploy.isError
  return {
    save,
    saving,
    pending,
    hasFailed,
    refusal,
    conflict,
    compare,
    overwrite,
    dropConflict: () => setConflict(null),
  }
}

const isSent = (version: NewVersion | undefined, code: Code): boolean =>
  version !== undefined && isSameCode({ source: version.source, files: version.files ?? {} }, code)
