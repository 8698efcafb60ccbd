export const GREETING: string = 'Hello, '
