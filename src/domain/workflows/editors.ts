export const parseEditors = (sent: readonly string[] | null): readonly string[] | null =>
  sent === null ? null : [...new Set(sent)]
