import { createContext, useContext, useEffect, useId, useMemo, useRef, useState } from 'react'

type Saver = () => void
type Registry = { set: (id: string, save: Saver | null) => void }

/** Edited rows that can be saved. */
export const SaveAllContext = createContext<Registry>({ set: () => {} })

export function useSaveAll() {
  const savers = useRef(new Map<string, Saver>())
  const [count, setCount] = useState(0)
  const registry = useMemo<Registry>(
    () => ({
      set: (id, save) => {
        if (save === null) savers.current.delete(id)
        else savers.current.set(id, save)
        setCount(savers.current.size)
      },
    }),
    [],
  )
  const saveAll = () => {
    for (const save of savers.current.values()) save()
  }
  return { count, saveAll, registry }
}

export function useOfferSave(isReady: boolean, save: Saver): void {
  const id = useId()
  const { set } = useContext(SaveAllContext)
  const latest = useRef(save)
  latest.current = save
  useEffect(() => {
    if (!isReady) return
    set(id, () => latest.current())
    return () => set(id, null)
  }, [id, set, isReady])
}
