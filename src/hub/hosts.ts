// Who the hub worker talks to. scripts/headers.mjs allows the same in its policy, and a test holds them together.

export const HUB_ENDPOINT = 'https://huggingface.co'

/** Where the hub has large files put, by signed addresses that it gives out. It is the only host outside its domains. */
export const UPLOAD_ORIGIN = 'https://hf-hub-lfs-us-east-1.s3-accelerate.amazonaws.com'

/** The hub's own domains, over TLS. */
export function isOfHub(address: URL): boolean {
  return address.protocol === 'https:' && /(^|\.)(huggingface\.co|hf\.co)$/.test(address.hostname)
}
