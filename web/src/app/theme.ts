import { type CSSVariablesResolver, createTheme } from '@mantine/core'
import { t } from '../lib/i18n/t.ts'

const MOTION_MS = 120
/** Without motion, the library omits the transition's last styles, which center a button's spinner. */
const CENTERED = { transform: 'translate(-50%, -50%)' }

export const theme = createTheme({
  primaryColor: 'indigo',
  colors: {
    dark: [
      '#dde1e7',
      '#b9c0ca',
      '#a3abb7',
      '#747d8a',
      '#414853',
      '#2e333b',
      '#24282f',
      '#1b1e23',
      '#15171b',
      '#0f1114',
    ],
  },
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'Inter, "Inter Fallback", ui-sans-serif, system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono", ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  fontSizes: { xs: '12px', sm: '14px', md: '14px', lg: '16px', xl: '18px' },
  headings: {
    sizes: { h1: { fontSize: '22px', lineHeight: '1.3' }, h2: { fontSize: '17px' }, h3: { fontSize: '15px' } },
  },
  components: {
    Alert: {
      styles: { root: { border: '1px solid color-mix(in srgb, var(--alert-color) 28%, transparent)' } },
      vars: alertVars,
    },
    ActionIcon: { styles: { loader: CENTERED } },
    Button: {
      styles: { loader: CENTERED },
      vars: (_theme: unknown, { size }: { size?: unknown }) => ({
        root: size === 'compact-sm' ? { '--button-fz': 'var(--mantine-font-size-xs)' } : {},
      }),
    },
    Modal: {
      styles: { title: { fontWeight: 600, fontSize: '17px' } },
      defaultProps: {
        transitionProps: { duration: MOTION_MS },
        closeButtonProps: { 'aria-label': t('Close') },
        // A header element would be a second banner landmark.
        attributes: { header: { role: 'none' } },
      },
    },
    Drawer: { defaultProps: { attributes: { header: { role: 'none' } } } },
    Notification: {
      styles: { description: { color: 'var(--mantine-color-text)' } },
      defaultProps: { closeButtonProps: { 'aria-label': t('Close') } },
    },
    Menu: { defaultProps: { transitionProps: { duration: MOTION_MS } } },
    Tooltip: {
      defaultProps: {
        transitionProps: { duration: MOTION_MS },
        openDelay: 300,
        events: { hover: true, focus: true, touch: false },
      },
    },
    Select: { defaultProps: { comboboxProps: { transitionProps: { duration: MOTION_MS } } } },
  },
})

function alertVars(_theme: unknown, { color, variant }: { color?: string; variant?: string }) {
  if (variant !== 'light' || color === undefined) return { root: {} }
  return {
    root: {
      '--alert-bg': `color-mix(in srgb, var(--mantine-color-${color}-6) 9%, transparent)`,
      '--alert-color': TONES[color] ?? 'var(--mantine-color-text)',
    },
  }
}

const TONES: Readonly<Record<string, string>> = {
  red: 'var(--wf-bad)',
  yellow: 'var(--wf-warn)',
  green: 'var(--wf-good)',
}

/** The library's dimmed and placeholder greys miss AA contrast. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-dimmed': '#5a626d',
    '--mantine-color-placeholder': '#6b7280',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-anchor': '#3046b8',
  },
  dark: {
    '--mantine-color-body': '#1b1e23',
    '--mantine-color-dimmed': '#a3abb7',
    '--mantine-color-placeholder': '#8f98a5',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-red-light-color': '#ff8787',
    '--mantine-color-anchor': '#9db2ff',
  },
})
