import type { CardFault } from '../../base/frontMatter'
import { defineTexts } from '../../strings/texts'

/** What is wrong with the head of a card, by kind. */
type FaultTexts = Readonly<Record<CardFault, (what: string) => string>>

const english: FaultTexts = {
  'no-start': () => 'The head has to begin with --- on the very first line.',
  'no-end': () => 'The head has no end: a line of --- is missing.',
  'not-a-field': (what) => `“${what}” is neither “name: value” nor an item of a list.`,
  twice: (what) => `“${what}” stands there twice.`,
  value: (what) => `The value in “${what}” is missing, or needs quotes.`,
  missing: (what) => `“${what}” is missing: without it the hub does not know what this is.`,
  'too-long': () => 'The card is longer than a card can be.',
}

const korean: FaultTexts = {
  'no-start': () => '머리는 첫 줄의 ---로 시작해야 해요.',
  'no-end': () => '머리의 끝을 알리는 --- 줄이 없어요.',
  'not-a-field': (what) => `“${what}”은 “이름: 값”도, 목록의 항목도 아니에요.`,
  twice: (what) => `“${what}”이 두 번 적혀 있어요.`,
  value: (what) => `“${what}”에 값이 없거나 따옴표가 필요해요.`,
  missing: (what) => `“${what}” 항목이 없어요. 허브가 이 파일이 무엇인지 알 수 없어요.`,
  'too-long': () => '카드가 너무 길어요.',
}

export const faultTexts = defineTexts({ en: english, ko: korean })
