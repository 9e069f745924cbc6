import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'
import { developmentHeaders, headersFile, headersOf, HUB_FOLDER } from './scripts/headers.mjs'

/** The headers of each path: from the preview server, and in a `_headers` file for static hosts that read one. */
function productionHeaders(): Plugin {
  return {
    name: 'plume-headers',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: '_headers', source: headersFile() })
    },
    configurePreviewServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        for (const [name, value] of Object.entries(headersOf(request.url ?? '/'))) response.setHeader(name, value)
        next()
      })
    },
  }
}

// `base: './'` makes every address relative, so that the built folder works under any path.
export default defineConfig({
  base: './',
  plugins: [react(), productionHeaders()],
  // ONNX Runtime's glue once, at the address that platform/onnxRuntime.ts gives it, and not in its bundle as well.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  worker: {
    format: 'es',
    rolldownOptions: {
      output: {
        // A folder of its own, because hosts give headers by path.
        entryFileNames: ({ name }) =>
          name === 'hub.worker' ? `${HUB_FOLDER}/[name]-[hash].js` : 'assets/[name]-[hash].js',
      },
    },
  },
  build: { target: 'es2023', assetsInlineLimit: 0, chunkSizeWarningLimit: 800 },
  server: { headers: developmentHeaders },
  // Found out only when it is first used, it would reload the page under a person's run.
  optimizeDeps: { include: ['onnxruntime-web/jspi', 'onnxruntime-web/wasm'] },
})
