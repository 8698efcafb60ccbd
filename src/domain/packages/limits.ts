export const PACKAGE_LIMITS = { requirements: 200, packages: 500, bytes: 2 * 1024 ** 3, seconds: 600 } as const
