import { Badge, Group, Stack, Text } from '@mantine/core'
import { t } from '../../../i18n/t.ts'
import { visible } from '../../../text.ts'
import classes from './entity-card.module.css'
import type { Entity, Line } from './find-entity.ts'

/** Loads nothing: no pictures, and no links. */
export function EntityCard({ entity }: { entity: Entity }) {
  const { kind, name, facts, summary, experiences, educations, skills, more } = entity
  const isProfile = kind === 'profile'
  return (
    // Landmarks need different names, and request and answer may have the same profile.
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls
    <div role="group" className={classes.card} aria-label={isProfile ? t('HrFlow profile') : t('HrFlow job')}>
      <Stack gap="sm">
        <div>
          <Group gap="xs">
            <Text fw={600} className="wrap">
              {visible(name)}
            </Text>
            <Badge variant="default" tt="none">
              {isProfile ? t('HrFlow profile') : t('HrFlow job')}
            </Badge>
          </Group>
          <Text size="sm" c="dimmed" className="wrap">
            {facts.map(visible).join(' · ')}
          </Text>
        </div>
        {summary === '' ? null : (
          <Text size="sm" className="wrap">
            {visible(summary)}
          </Text>
        )}
        <Lines title={isProfile ? t('Experiences') : t('Sections of the job')} lines={experiences} />
        <Lines title={t('Educations')} lines={educations} />
        {skills.length === 0 ? null : (
          <div>
            <Text size="xs" c="dimmed">
              {t('Skills')}
            </Text>
            <Text size="sm" className="wrap">
              {skills.map(visible).join(', ')}
            </Text>
          </div>
        )}
        {more === 0 ? null : (
          <Text size="xs" c="dimmed">
            {t('{more, plural, one {# more entry is} other {# more entries are}} in the JSON.', { more })}
          </Text>
        )}
      </Stack>
    </div>
  )
}

function Lines({ title, lines }: { title: string; lines: readonly Line[] }) {
  if (lines.length === 0) return null
  return (
    <div>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <ul className={classes.lines} aria-label={title}>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two entries may be equal, and the list never changes
          <li key={index}>
            <Text size="sm" className="wrap">
              {visible(line.title)}
              {line.title !== '' && line.about !== '' ? ' · ' : ''}
              {visible(line.about)}
            </Text>
            {line.dates === '' ? null : (
              <Text size="xs" c="dimmed">
                {visible(line.dates)}
              </Text>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
