import { useEffect, useMemo, useState } from 'react'
import { isConnectionInExample, isSecretInExample } from '../../../lib/examples.ts'
import type { Language } from '../../../lib/kinds.ts'
import { isText, useBrowserState } from '../../../lib/use-stored-state.ts'
import { soundsSecret } from '../parts/sounds-secret.ts'

export type MissingSetting = { name: string; secret: boolean }
type Code = { readonly workflowId: string; readonly source: string; readonly language: Language }

export function useMissingSettings({ workflowId, source, language }: Code, known: readonly string[] | null) {
  const [needed, setNeeded] = useState<readonly string[]>([])
  const [ignored, setIgnored] = useBrowserState(`ignored-settings:${workflowId}`, isTexts)
  useEffect(() => {
    let isCurrent = true
    // The parser loads with the editor.
    void import('./missing-settings.ts').then(
      ({ neededSettings }) => isCurrent && setNeeded(neededSettings(source, language)),
      () => undefined,
    )
    return () => {
      isCurrent = false
    }
  }, [source, language])
  const missing = useMemo((): readonly MissingSetting[] => {
    if (known === null) return []
    return needed
      .filter((name) => !known.includes(name) && !ignored?.includes(name) && !isConnectionInExample(name))
      .map((name) => ({
        name,
        secret: isSecretInExample(name) || soundsSecret(name),
      }))
  }, [needed, known, ignored])
  return { missing, ignore: (name: string) => setIgnored((now) => [...(now ?? []), name]) }
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
