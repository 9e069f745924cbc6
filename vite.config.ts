import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { developmentHeaders, headersFile, productionHeaders } from './scripts/headers.mjs'

/** The headers for static hosts that read a `_headers` file, the same as the preview server's. */
function writeHeadersFile(): Plugin {
  return {
    name: 'plume-headers',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: '_headers', source: headersFile() })
    },
  }
}

// `base: './'` makes every address relative, so that the built folder works under any path.
export default defineConfig({
  base: './',
  plugins: [react(), writeHeadersFile()],
  worker: { format: 'es' },
  build: { target: 'es2023', assetsInlineLimit: 0, chunkSizeWarningLimit: 800 },
  server: { headers: developmentHeaders },
  preview: { headers: productionHeaders },
})
