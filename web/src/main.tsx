import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './app/fonts.css'
import './app/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { LANGUAGE } from './lib/i18n/language.ts'
import { loadWords } from './lib/i18n/t.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with the id "root"')

void start(root)

async function start(element: HTMLElement): Promise<void> {
  document.documentElement.lang = LANGUAGE
  await loadWords()
  // The app's modules have texts in constants, so words load first. The page preloads the app (vite.config.ts).
  const { App } = await import('./app/app.tsx')
  createRoot(element).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
