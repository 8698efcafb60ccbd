/** For a shell. */
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** `-i` shows the status and headers. */
export const curl = (url: string, options: readonly string[]): string =>
  `curl -i ${quote(url)}${options.map((option) => ` \\\n  ${option}`).join('')}`
