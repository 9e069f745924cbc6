import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { developmentHeaders, productionHeaders } from './scripts/headers.mjs'

// `base: './'` makes every address relative, so that the built folder works under any path.
export default defineConfig({
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: { target: 'es2023', assetsInlineLimit: 0 },
  server: { headers: developmentHeaders },
  preview: { headers: productionHeaders },
})
