import { Skeleton, Stack, VisuallyHidden } from '@mantine/core'
import { t } from '../i18n/t.ts'

export function RowsSkeleton({ rows = 5, height = 44 }: { rows?: number; height?: number }) {
  return (
    <Stack gap={8} aria-busy>
      <VisuallyHidden role="status">{t('Loading…')}</VisuallyHidden>
      {Array.from({ length: rows }, (_, index) => index).map((place) => (
        <Skeleton key={place} height={height} radius="sm" />
      ))}
    </Stack>
  )
}
