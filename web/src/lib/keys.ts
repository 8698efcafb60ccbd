const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent)

export const MOD = IS_APPLE ? '⌘' : 'Ctrl'
export const FORMAT_KEYS = IS_APPLE ? '⇧ ⌥ F' : 'Shift Alt F'
