import { useDebouncedValue } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import { type SampleRequest, useSampleFor } from '../../../../lib/requests/sample-request.ts'
import { notifyError } from '../../../../lib/ui/notify.ts'
import { useSessionState } from '../../../../lib/use-stored-state.ts'
import { BLANK, fromSample, isTestRequest, type TestRequest } from './test-request.ts'

const PAUSE_MS = 600

/** The request of the test: what the person typed, or else the sample request of the workflow. */
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
    /** Replaces the request by one that takes a moment to come; until then none can be sent. */
    load: async (from: () => Promise<TestRequest>) => {
      setLoading(true)
      await from().then(set, notifyError)
      setLoading(false)
    },
    isLoading,
    /** Whether the person is in the form. */
    setEntered,
    /** Until the sample request is known, it would replace what a person selects or types. */
    isReady: kind !== 'catch' || typed !== null || first !== null || error !== null,
    /** Whether there is no sample request, so that an empty one is shown. */
    isFailed: kind === 'catch' && typed === null && first === null && error !== null,
    /** Where the shown request comes from; null once the person has changed it. */
    origin: typed === null ? (sample?.source ?? null) : null,
    reset: () => set(null),
  }
}

/** The newest sample. One that comes while the person is in the form waits: it would replace what they select or type. */
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
