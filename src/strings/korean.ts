// Korean particles after a number, chosen by how its last digit is read: 2.602로 (이로), but 2.6으로 (육으로).

/** Digits that are read with a final consonant: 영 일 삼 육 칠 팔. */
const closed = /[013678]$/

/** "…로" or "…으로". 일, 칠 and 팔 end in ㄹ, which takes 로. */
export function withRo(number: string): string {
  return /[036]$/.test(number) ? `${number}으로` : `${number}로`
}

/** "…를" or "…을". */
export function withReul(number: string): string {
  return closed.test(number) ? `${number}을` : `${number}를`
}

/** "…예요" or "…이에요". */
export function withYeyo(number: string): string {
  return closed.test(number) ? `${number}이에요` : `${number}예요`
}
