/** A Python for tests that start none. */

export const PYTHON = {
  name: 'python3',
  language: 'python',
  executable: '/usr/bin/python3',
  prefix: '/usr',
  version: '3.13.0',
} as const
