import type { AdapterOrigin } from '../../engine/api'
import { defineTexts } from '../../strings/texts'

export const shelfTexts = defineTexts({
  en: {
    title: 'Adapters of this model',
    note: 'Kept in this browser, on this device. The chosen one answers, goes on training and is what the files below hold.',
    closed: 'The adapters of a model are shown when it is open.',
    openModel: 'Open the model',
    choose: (name: string) => `Use ${name}`,
    rank: (rank: string) => `rank ${rank}`,
    kinds: (origin: AdapterOrigin) => ({ trained: 'Trained', opened: 'Opened', combined: 'Combined' })[origin],
    thisBase: 'this very base',
    fitsBase: 'fits, base not named',
    otherBase: 'names another base',
    noEffect: 'changes nothing',
    tabOnly: 'in this tab only',
    rename: 'Rename',
    renameOne: (name: string) => `Rename ${name}`,
    newName: 'New name',
    save: 'Save the name',
    cancel: 'Leave it',
    remove: 'Delete',
    removeOne: (name: string) => `Delete ${name}`,
    removeTitle: (name: string) => `Delete ${name}?`,
    removeBody: 'It is deleted from this browser for good. Files that you saved of it stay yours.',
    removeYes: 'Delete it',
    removeNo: 'Keep it',
    origins: (origin: AdapterOrigin, name: string) =>
      ({ trained: `Trained here on ${name}.`, opened: `Opened from ${name}.`, combined: `A weighted sum: ${name}.` })[
        origin
      ],
    otherHash:
      'Its file names another base, by the hash of its weights. The shapes fit; a copy of the same model in another precision has another hash, and any other model gives answers that are off.',
    notStored: 'Storage is full or not to be had: it lives as long as this tab. Save its files to keep it.',
    verifiedExactly: (tokens: string) =>
      `Read back and verified: every value was compared, and on ${tokens} tokens the logits are the live model’s, to the bit.`,
    verified: (tokens: string, difference: string) =>
      `Read back and verified: every value was compared, and on ${tokens} tokens the logits with each file differ from the live model’s by at most ${difference} of the largest.`,
    // Combine
    combine: 'Combine two',
    combineNote:
      'A weighted sum is an adapter of its own, exactly: their ranks add up. Weights below 0 take away what an adapter adds.',
    first: 'First adapter',
    second: 'Second adapter',
    weight: 'Weight',
    weightOf: (name: string) => `Weight of ${name}`,
    sumOfRanks: (rank: string) => `The sum has a rank of at most ${rank}.`,
    makeSum: 'Make the sum',
    sumName: (first: string, second: string) => `${first} + ${second}`,
  },
  ko: {
    title: '이 모델의 어댑터',
    note: '이 기기의 브라우저에만 보관해요. 고른 어댑터가 답하고, 이어서 학습하고, 아래 파일에 담겨요.',
    closed: '모델을 열면 그 모델의 어댑터가 보여요.',
    openModel: '모델 열기',
    choose: (name) => `${name} 쓰기`,
    rank: (rank) => `랭크 ${rank}`,
    kinds: (origin) => ({ trained: '학습함', opened: '열었음', combined: '합침' })[origin],
    thisBase: '바로 이 기본 모델',
    fitsBase: '모양은 맞고 기본 모델은 적혀 있지 않음',
    otherBase: '다른 기본 모델이 적혀 있음',
    noEffect: '바꾸는 것 없음',
    tabOnly: '이 탭에만 있음',
    rename: '이름 바꾸기',
    renameOne: (name) => `${name} 이름 바꾸기`,
    newName: '새 이름',
    save: '이름 저장하기',
    cancel: '그대로 두기',
    remove: '지우기',
    removeOne: (name) => `${name} 지우기`,
    removeTitle: (name) => `${name} 어댑터를 지울까요?`,
    removeBody: '이 브라우저에서 완전히 지워져요. 따로 저장한 파일은 그대로 남아요.',
    removeYes: '지우기',
    removeNo: '남겨 두기',
    origins: (origin, name) =>
      ({
        trained: `이 페이지에서 학습했어요(${name}).`,
        opened: `파일에서 열었어요(${name}).`,
        combined: `가중치를 주어 합쳤어요(${name}).`,
      })[origin],
    otherHash:
      '파일에 적힌 해시가 이 기본 모델과 달라요. 모양은 맞아요. 같은 모델이라도 정밀도가 다르면 해시가 다르지만, 전혀 다른 모델의 어댑터라면 답이 어긋나요.',
    notStored: '저장 공간이 없거나 쓸 수 없어서 이 탭에만 있어요. 남겨 두려면 파일로 저장하세요.',
    verifiedExactly: (tokens) =>
      `다시 읽어 확인했어요. 모든 값을 견주었고, 토큰 ${tokens}개에서 로짓이 쓰던 모델과 비트까지 같아요.`,
    verified: (tokens, difference) =>
      `다시 읽어 확인했어요. 모든 값을 견주었고, 토큰 ${tokens}개에서 파일마다 로짓 차이가 가장 큰 로짓의 ${difference} 이하예요.`,
    combine: '두 어댑터 합치기',
    combineNote:
      '가중치를 주어 더하면 그대로 하나의 어댑터가 되고, 랭크는 더해져요. 0보다 작은 가중치는 어댑터가 더한 것을 덜어 내요.',
    first: '첫 번째 어댑터',
    second: '두 번째 어댑터',
    weight: '가중치',
    weightOf: (name) => `${name} 가중치`,
    sumOfRanks: (rank) => `합친 어댑터의 랭크는 ${rank} 이하예요.`,
    makeSum: '합치기',
    sumName: (first, second) => `${first} + ${second}`,
  },
})
