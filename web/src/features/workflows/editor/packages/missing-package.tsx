import { Alert, Button, Group, Text } from '@mantine/core'

type Props = { requirement: string; onAdd: () => void }

/** Offers the package of a module that an import did not find. Nothing is added by guessing: the server names only well-known ones. */
export function MissingPackage({ requirement, onAdd }: Props) {
  return (
    <Alert color="yellow" variant="light" radius={0} role="status" title="A package is missing">
      <Group gap="sm">
        <Text size="sm">
          The code imports a module of <strong>{requirement}</strong>, which it does not declare.
        </Text>
        <Button size="compact-sm" variant="default" onClick={onAdd}>
          Add {requirement}
        </Button>
      </Group>
    </Alert>
  )
}
