import { useMediaQuery } from '@mantine/hooks'

/** The width of a phone. */
export const useIsNarrow = (): boolean => useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
