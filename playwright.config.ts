import { defineConfig } from '@playwright/test'
import { chromiumArguments, findChromium } from './scripts/chromium.mjs'

const executablePath = findChromium()
const port = 4199
const isLong = process.env['PLUME_LONG'] === '1'

export default defineConfig({
  testDir: 'tests/e2e',
  // The long tests are whole runs on the software adapter.
  testIgnore: isLong ? [] : ['**/*.long.spec.ts'],
  timeout: isLong ? 1_800_000 : 240_000,
  workers: 1,
  use: {
    baseURL: `http://localhost:${port}`,
    browserName: 'chromium',
    launchOptions: { ...(executablePath ? { executablePath } : {}), args: [...chromiumArguments] },
  },
  webServer: {
    command: `npx vite build --logLevel warn && npx vite preview --port ${port} --strictPort`,
    url: `http://localhost:${port}`,
    reuseExistingServer: false,
    timeout: 120_000,
  },
})
