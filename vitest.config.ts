import react from '@vitejs/plugin-react'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumArguments, findChromium } from './scripts/chromium.mjs'
import { developmentHeaders } from './scripts/headers.mjs'

// Two projects make `npm test`: `node` for everything pure, `gpu` for what needs a real browser with WebGPU. A third, `dawn`,
// runs the GPU tests that need no browser in Node, on any adapter that Vulkan has: another software one, or a real GPU.
const executablePath = findChromium()
const isLong = process.env['PLUME_LONG'] === '1'

export default defineConfig({
  plugins: [react()],
  server: { headers: developmentHeaders },
  optimizeDeps: {
    include: ['react', 'react-dom', 'react/jsx-dev-runtime', 'onnxruntime-web/jspi', 'onnxruntime-web/wasm'],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          include: ['tests/{unit,architecture,interop}/**/*.test.ts'],
          // The long tests need Python, and minutes.
          exclude: isLong ? [] : ['**/*.long.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'dawn',
          environment: 'node',
          include: ['tests/gpu/{kernels,alternatives,tuner,model,float16,goldens,thousandSteps}.test.ts'],
          setupFiles: ['tests/helpers/dawn.setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'gpu',
          include: ['tests/gpu/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            instances: [{ browser: 'chromium' }],
            provider: playwright({
              launchOptions: { ...(executablePath ? { executablePath } : {}), args: [...chromiumArguments] },
            }),
          },
        },
      },
    ],
  },
})
