import { Code, List, Stack, Table, Text, Title } from '@mantine/core'
import { Scrollable } from '../scrollable.tsx'
import classes from './guide.module.css'
import { type Block, type Inline, readBlocks } from './markdown.ts'

/** The app lacks the linked files. */
export function Guide({ markdown, lang }: { markdown: string; lang: string }) {
  const [, ...blocks] = readBlocks(markdown)
  return (
    <Stack gap="sm" lang={lang} className={classes.guide}>
      {blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the blocks of a text never change
        <BlockView key={index} block={block} />
      ))}
    </Stack>
  )
}

function BlockView({ block }: { block: Block }) {
  if (block.type === 'heading')
    return (
      <Title order={block.level <= 2 ? 3 : 4} mt="sm">
        <Words parts={block.content} />
      </Title>
    )
  if (block.type === 'code')
    return (
      <Scrollable label={block.text.split('\n')[0] ?? ''} className={classes.code}>
        {block.text}
      </Scrollable>
    )
  if (block.type === 'list')
    return (
      <List size="sm">
        {block.items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <List.Item key={index}>
            <Words parts={item} />
          </List.Item>
        ))}
      </List>
    )
  if (block.type === 'table') return <TableView table={block} />
  return (
    <Text size="sm">
      <Words parts={block.content} />
    </Text>
  )
}

function TableView({ table }: { table: Extract<Block, { type: 'table' }> }) {
  return (
    <Table verticalSpacing={4} fz="sm">
      {table.head.every((cell) => cell.length === 0) ? null : (
        <Table.Thead>
          <Table.Tr>
            {table.head.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the cells of a row never change
              <Table.Th key={index}>
                <Words parts={cell} />
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
      )}
      <Table.Tbody>
        {table.rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a table never change
          <Table.Tr key={index}>
            {row.map((cell, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: as above
              <Table.Td key={at}>
                <Words parts={cell} />
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

const Words = ({ parts }: { parts: readonly Inline[] }) =>
  parts.map((part, index) => {
    const key = `${index} ${part.type}`
    if (part.type === 'code') return <Code key={key}>{part.text}</Code>
    if (part.type === 'strong') return <strong key={key}>{part.text}</strong>
    if (part.type === 'em') return <em key={key}>{part.text}</em>
    return <span key={key}>{part.text}</span>
  })
