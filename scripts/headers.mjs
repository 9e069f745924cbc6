// The response headers of Plume. One list for the preview server and for `_headers` of static hosts.
//
// A worker does not inherit the page's policy: it needs the header on its own response, which is why
// the policy belongs to every file and not to a <meta> tag. It also lets one worker, and nothing else, ask the hub.

/** @param {string} connect - the hosts that a page or worker may ask. */
const policy = (connect) =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src ${connect}`,
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

const common = {
  ...isolation,
  'Permissions-Policy':
    'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), payment=(), display-capture=(), screen-wake-lock=(self)',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
}

/** Where the build puts the hub worker, the only code whose policy allows other hosts. */
export const HUB_FOLDER = 'hub'

/** The hub itself, where it keeps large files, and the one host outside its domains where it has them put. */
const hubHosts =
  'https://huggingface.co https://*.huggingface.co https://*.hf.co https://hf-hub-lfs-us-east-1.s3-accelerate.amazonaws.com'

/** @param {string} path - of a request, from the page's own folder, with a slash at its start. */
export function headersOf(path) {
  const connect = path.startsWith(`/${HUB_FOLDER}/`) ? hubHosts : "'self'"
  return { 'Content-Security-Policy': policy(connect), ...common }
}

/**
 * `_headers` as Netlify and Cloudflare Pages read it. They join what several rules say of one path, and two policies
 * together allow only what both allow: so the policies' paths do not overlap.
 */
export function headersFile() {
  const rule = (path, headers) => [path, ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`)]
  const policyOf = (path) => ({ 'Content-Security-Policy': headersOf(path)['Content-Security-Policy'] })
  const paths = ['/', '/index.html', '/assets/*', `/${HUB_FOLDER}/*`]
  return [...rule('/*', common), ...paths.flatMap((path) => rule(path, policyOf(path))), ''].join('\n')
}
