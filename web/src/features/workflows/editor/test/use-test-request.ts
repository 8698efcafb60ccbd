import { useDebouncedValue } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { notifyError } from '../../../../lib/notices/notify.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import { type SampleRequest, useSampleFor } from '../../../../lib/requests/sample-request.ts'
import { useSessionState } from '../../../../lib/use-stored-state.ts'
import { BLANK, fromSample, isTestRequest, type TestRequest } from './test-request.ts'

const PAUSE_MS = 600

export function useTestRequest({ id, kind }: Workflow, source: string) {
  const [typed, set] = useSessionState(`test:${id}`, isTestRequest)
  const [settled] = useDebouncedValue(source, PAUSE_MS)
  const { data: sample, error } = useSampleFor(id, settled, kind === 'catch')
  const [isEntered, setEntered] = useState(false)
  const [isLoading, setLoading] = useState(false)
  const first = useFirst(sample, isEntered)
  return {
    request: typed ?? first ?? BLANK,
    set,
    /** No test can start before its end. */
    load: async (from: () => Promise<TestRequest>) => {
      setLoading(true)
      await from().then(set, notifyError)
      setLoading(false)
    },
    isLoading,
    setEntered,
    /** A later sample would replace typed text. */
    isReady: kind !== 'catch' || typed !== null || first !== null || error !== null,
    isFailed: kind === 'catch' && typed === null && first === null && error !== null,
    origin: typed === null ? (sample?.source ?? null) : null,
    reset: () => set(null),
  }
}

/** A new sample would replace typed text, so it waits until the focus leaves. */
function useFirst(sample: SampleRequest | undefined, isEntered: boolean): TestRequest | null {
  const [first, setFirst] = useState<TestRequest | null>(null)
  const waits = isEntered && first !== null
  useEffect(() => {
    if (sample === undefined || waits) return
    let isCurrent = true
    void fromSample(sample).then((request) => isCurrent && setFirst(request))
    return () => {
      isCurrent = false
    }
  }, [sample, waits])
  return first
}
