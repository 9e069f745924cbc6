// The response headers of Plume. One list for the preview server and for `_headers` of static hosts.
//
// A worker does not inherit the page's policy: it needs the header on its own response, which is why
// the policy belongs to every file and not to a <meta> tag.

const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "media-src 'none'",
  "object-src 'none'",
  "frame-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Vite's development server injects inline modules, so it goes without the policy. */
export const developmentHeaders = isolation

export const productionHeaders = {
  'Content-Security-Policy': policy,
  ...isolation,
  'Permissions-Policy':
    'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), payment=(), display-capture=(), screen-wake-lock=(self)',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
}

/** `_headers` as Netlify and Cloudflare Pages read it: every path, then the headers indented. */
export function headersFile() {
  const lines = Object.entries(productionHeaders).map(([name, value]) => `  ${name}: ${value}`)
  return ['/*', ...lines, ''].join('\n')
}
