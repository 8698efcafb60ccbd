import { useEffect, useMemo, useState } from 'react'
import { exampleWithSource } from '../../lib/examples.ts'
import { useBrowserState } from '../../lib/use-stored-state.ts'

export type MissingSetting = { name: string; secret: boolean }

const SOUNDS_SECRET = /SECRET|TOKEN|PASSWORD|PASSWD|API_KEY|PRIVATE/i

export function useMissingSettings(workflowId: string, source: string, known: readonly string[] | null) {
  const [needed, setNeeded] = useState<readonly string[]>([])
  const [ignored, setIgnored] = useBrowserState(`ignored-settings:${workflowId}`, isTexts)
  useEffect(() => {
    let isCurrent = true
    // The parser loads with the editor, after the page.
    void import('./missing-settings.ts').then(
      ({ neededSettings }) => isCurrent && setNeeded(neededSettings(source)),
      () => undefined,
    )
    return () => {
      isCurrent = false
    }
  }, [source])
  const missing = useMemo((): readonly MissingSetting[] => {
    if (known === null) return []
    const example = exampleWithSource(source)
    return needed
      .filter((name) => !known.includes(name) && !ignored?.includes(name))
      .map((name) => ({
        name,
        secret: example?.properties.find((property) => property.name === name)?.secret ?? SOUNDS_SECRET.test(name),
      }))
  }, [needed, known, ignored, source])
  return { missing, ignore: (name: string) => setIgnored((now) => [...(now ?? []), name]) }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
