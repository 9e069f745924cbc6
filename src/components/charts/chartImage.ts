// A chart as a PNG. The SVG is cloned with every style it computes to written on it, because an image is drawn
// outside the page and knows neither its stylesheet nor its custom properties.

const inherited = [
  'color',
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'paint-order',
  'opacity',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
]

/** Two device pixels for each CSS pixel: sharp in a document. */
const SCALE = 2
const CAPTION_HEIGHT = 32

/** Draws the layers over each other under a caption, on the ground of the page or of another element. */
export async function chartImage(
  layers: readonly SVGSVGElement[],
  caption: string,
  ground: Element = document.documentElement,
): Promise<Blob> {
  const width = Math.max(...layers.map((layer) => layer.clientWidth))
  const height = Math.max(...layers.map((layer) => layer.clientHeight)) + CAPTION_HEIGHT
  const canvas = document.createElement('canvas')
  canvas.width = width * SCALE
  canvas.height = height * SCALE
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no 2d canvas')
  context.scale(SCALE, SCALE)
  const { backgroundColor, color } = getComputedStyle(ground)
  context.fillStyle = backgroundColor
  context.fillRect(0, 0, width, height)
  context.fillStyle = color
  context.font = '600 14px system-ui, sans-serif'
  context.fillText(caption, 8, 20)
  for (const layer of layers) {
    const image = await load(standalone(layer))
    context.drawImage(image, 0, CAPTION_HEIGHT, layer.clientWidth, layer.clientHeight)
  }
  return pngOf(canvas)
}

export function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the canvas gave no image'))), 'image/png')
  })
}

function standalone(svg: SVGSVGElement): string {
  const clone = svg.cloneNode(true) as SVGSVGElement // a clone has the type of its original
  const originals = [svg, ...svg.querySelectorAll('*')]
  const copies = [clone, ...clone.querySelectorAll('*')]
  originals.forEach((original, index) => {
    const style = getComputedStyle(original)
    for (const name of inherited) copies[index]?.setAttribute(name, style.getPropertyValue(name))
    copies[index]?.removeAttribute('class')
    copies[index]?.removeAttribute('style')
  })
  clone.setAttribute('width', String(svg.clientWidth))
  clone.setAttribute('height', String(svg.clientHeight))
  clone.setAttribute('font-family', 'system-ui, sans-serif')
  return new XMLSerializer().serializeToString(clone)
}

async function load(markup: string): Promise<HTMLImageElement> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(markup)}`
  await image.decode()
  return image
}
