// The names of the bench's sizes as a person reads them. The bench writes them in English, for files and terminals too.
import type { Language } from '../../strings/texts'

const inKorean: readonly (readonly [RegExp, string])[] = [
  [/embedded model/, '내장 모델'],
  [/one token after (\d+)/, '토큰 $1개 다음의 하나'],
  [/block of (\d+) tokens/, '토큰 $1개 묶음'],
  [/(\d+) tokens/, '토큰 $1개'],
  [/(\d+) to (\d+)/, '$1에서 $2로'],
  [/(\d+) rows/, '$1행'],
  [/(\d+) columns/, '$1열'],
  [/rank (\d+)/, '랭크 $1'],
  [/decoding/, '디코딩'],
  [/queries/, '쿼리'],
  [/head/, '헤드'],
]

export function sizeName(name: string, language: Language): string {
  if (language === 'en') return name
  return inKorean.reduce((text, [english, korean]) => text.replace(english, korean), name)
}
