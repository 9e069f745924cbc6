// The house rules that a machine can hold.
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { floors, importers, pureFloors } from './floors'

const root = join(import.meta.dirname, '../..')

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => posix.join(entry.parentPath.slice(root.length + 1).replaceAll('\\', '/'), entry.name))
}

interface Import {
  readonly file: string
  readonly target: string
}

const files = [...sourceFiles('src'), ...sourceFiles('workers')]
const text = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
const imports: Import[] = files.flatMap((file) =>
  [...(text.get(file) ?? '').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, target = '']) => ({
    file,
    target,
  })),
)

function resolve({ file, target }: Import): string {
  return posix.join(posix.dirname(file), target)
}
const floorOf = (path: string) => (path.startsWith('src/') ? (path.split('/')[1] ?? '') : '')

describe('floors', () => {
  test('every folder of src is a floor', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.map((entry) => entry.name).sort()).toEqual(Object.keys(floors).sort())
  })

  test('imports go to the same floor or to one below that is listed', () => {
    const wrong = imports.filter((one) => {
      if (!one.target.startsWith('.') || !one.file.startsWith('src/')) return false
      const from = floorOf(one.file)
      const to = floorOf(resolve(one))
      return to !== '' && from !== to && !floors[from]?.includes(to)
    })
    expect(wrong).toEqual([])
  })

  test('no feature imports another', () => {
    const featureOf = (path: string) => /^src\/features\/([^/]+)/.exec(path)?.[1]
    const wrong = imports.filter((one) => {
      const from = featureOf(one.file)
      const to = one.target.startsWith('.') ? featureOf(resolve(one)) : undefined
      return from !== undefined && to !== undefined && from !== to
    })
    expect(wrong).toEqual([])
  })

  test('modules do not import each other in circles', () => {
    const graph = new Map(files.map((file) => [file, [] as string[]]))
    for (const one of imports) {
      if (!one.target.startsWith('.')) continue
      const path = resolve(one)
      const target = [path, `${path}.ts`, `${path}.tsx`, `${path}/index.ts`].find((name) => text.has(name))
      if (target) graph.get(one.file)?.push(target)
    }
    const state = new Map<string, 'open' | 'done'>()
    const circles: string[] = []
    const visit = (file: string, trail: readonly string[]) => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') {
        circles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '))
        return
      }
      state.set(file, 'open')
      for (const target of graph.get(file) ?? []) visit(target, [...trail, file])
      state.set(file, 'done')
    }
    for (const file of files) visit(file, [])
    expect(circles).toEqual([])
  })
})

describe('what is absent', () => {
  test('the pure floors know no window, no network and no GPU', () => {
    const forbidden = /\b(window|document|fetch|GPUDevice|GPUBuffer|navigator)\b(?!['`:])/
    const wrong = files.filter((file) => {
      const code = (text.get(file) ?? '').replaceAll(/\/\/.*|\/\*[\s\S]*?\*\/|'[^'\n]*'|`[^`]*`/g, '')
      return pureFloors.includes(floorOf(file)) && forbidden.test(code)
    })
    expect(wrong).toEqual([])
  })

  test('each dependency has its own importer', () => {
    const wrong = imports.filter(({ file, target }) => {
      const allowed = importers[target]
      return allowed !== undefined && !allowed.some((folder) => file.startsWith(folder))
    })
    expect(wrong).toEqual([])
  })

  test('only the arena creates GPU buffers', () => {
    const creators = files.filter((file) => (text.get(file) ?? '').includes('.createBuffer('))
    expect(creators).toEqual(['src/gpu/arena.ts'])
  })

  test('workers hold no logic', () => {
    for (const file of sourceFiles('workers')) {
      expect((text.get(file) ?? '').split('\n').length, file).toBeLessThan(40)
    }
  })

  test('nobody writes HTML by hand', () => {
    const wrong = files.filter((file) =>
      /dangerouslySetInnerHTML|\.innerHTML|insertAdjacentHTML/.test(text.get(file) ?? ''),
    )
    expect(wrong).toEqual([])
  })
})
