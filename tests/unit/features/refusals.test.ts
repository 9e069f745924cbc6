// What a person is told of an adapter that was refused.
import { expect, test } from 'vitest'
import { unsupportedAdapter } from '../../../src/adapters/refusals'
import { wrongBase } from '../../../src/adapters/peft'
import { AppError, type ErrorDetails } from '../../../src/base/errors'
import { refusalSentences, refusalTexts } from '../../../src/features/share/refusalTexts'

const told = (error: AppError) => refusalSentences(error, refusalTexts.en)
const foreign = (details: ErrorDetails) => told(wrongBase('', { namedBase: 'big', openBase: 'small', ...details }))

test.each<[string, ErrorDetails, readonly RegExp[]]>([
  ['another base by name and hash', { namesOtherHash: true }, [/“big”; “small” is open/, /other weights/]],
  ['the same name', { namedBase: 'small', missing: 2, module: 'a.q' }, [/2 of its linears are missing.*a\.q/]],
  ['a deeper one', { namedBase: '', layersThere: 30, layersHere: 4 }, [/up to layer 30; this model has 4/]],
  [
    'another width',
    { namedBase: '', shapes: 8, module: 'a.q.lora_A', found: '8, 576', needed: '8, 256' },
    [/8 of its linears/, /a\.q\.lora_A is \[8, 576\], here it would be \[8, 256\]/],
  ],
  ['another family', { namedBase: '', modules: 'attn.c_attn' }, [/attn\.c_attn, which this model does not have/]],
  ['a GGUF of another family', { namedBase: '', architecture: 'gemma3' }, [/architecture gemma3/]],
])('%s', (_, details, expected) => {
  const sentences = foreign(details)
  expect(sentences).toHaveLength(expected.length)
  expected.forEach((pattern, index) => expect(sentences[index]).toMatch(pattern))
})

test('what is not supported is said, with what in the file says so', () => {
  expect(told(unsupportedAdapter('dora', 'use_dora'))).toEqual([
    refusalTexts.en.dora,
    refusalTexts.en.found('use_dora'),
  ])
})

test('where the code says it all nothing is added', () => {
  expect(told(new AppError('adapter/not-finite', { message: 'x' }))).toEqual([])
})
