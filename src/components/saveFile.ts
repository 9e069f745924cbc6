// Hands bytes to the browser's download. The address is revoked at once: the browser has taken the blob by then.

export function saveFile(name: string, content: Blob | Uint8Array | string, type = 'application/octet-stream'): void {
  // A Uint8Array over a SharedArrayBuffer is no BlobPart; ours never is one, and the copy is cheap.
  const part = content instanceof Uint8Array ? new Uint8Array(content) : content
  const blob = content instanceof Blob ? content : new Blob([part], { type })
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  // A turn later, because Safari reads the blob only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}
