import { defineTexts } from '../../strings/texts'

export const linkTexts = defineTexts({
  en: {
    // Going out
    settings: 'The settings as a link',
    settingsNote: 'Holds the settings only: neither your text nor your adapter is in it.',
    settingsLabel: 'Link to these settings',
    copy: 'Copy the link',
    copied: 'Copied',
    copyByHand: 'Select it and copy',
    adapter: 'The adapter in a link',
    adapterNote: (most: string) =>
      `A small adapter fits into an address, in float16, up to ${most} of it. Whoever has the link has the adapter, with the settings of its run and the name of its text; and an adapter may repeat some of what it was trained on. The part behind the # stays in browsers: no server is sent it.`,
    make: 'Make a link with the adapter',
    making: 'Packing the adapter',
    adapterLabel: 'Link with the adapter',
    size: (bytes: string, characters: string) =>
      `${bytes} in ${characters} characters. Some programs cut addresses that long: the page then says so.`,
    tooLarge: (bytes: string, most: string) =>
      `This adapter takes ${bytes} when packed, and a link holds ${most}. Send its file, or train one of lower rank or on fewer layers.`,
    // Coming in
    incoming: 'An adapter came with the link',
    reading: 'Reading the adapter in the link',
    incomingNote:
      'It was read and its hash is right. Nothing was opened yet. Its numbers come from whoever made the link.',
    base: 'Base',
    rank: 'Rank',
    targets: 'Layers',
    parameters: 'Parameters',
    linkBytes: 'In the link',
    named: 'It names the weights of its base by hash; they are compared when it is opened.',
    unnamed: 'It does not name the weights of its base by hash: only names and shapes can be compared.',
    open: 'Open this adapter',
    opening: 'Opening the adapter',
    replaces: 'It takes the place of the adapter that is open.',
    dismiss: 'Leave it',
    running: 'A run goes on. It can be opened when that has ended.',
  },
  ko: {
    settings: '설정을 링크로',
    settingsNote: '설정만 담겨요. 글도 어댑터도 들어가지 않아요.',
    settingsLabel: '이 설정의 링크',
    copy: '링크 복사하기',
    copied: '복사했어요',
    copyByHand: '선택해서 복사하세요',
    adapter: '어댑터를 링크에 담기',
    adapterNote: (most) =>
      `작은 어댑터는 float16으로 ${most}까지 주소에 담겨요. 링크를 가진 사람은 어댑터를 가진 것이고, 학습 설정과 글의 이름도 알 수 있어요. 어댑터는 배운 글을 되풀이할 수 있어요. # 뒤는 브라우저 안에만 있고 어떤 서버로도 가지 않아요.`,
    make: '어댑터가 담긴 링크 만들기',
    making: '어댑터를 싸고 있어요',
    adapterLabel: '어댑터가 담긴 링크',
    size: (bytes, characters) =>
      `${bytes}, ${characters}자예요. 이렇게 긴 주소를 자르는 프로그램도 있어요. 잘리면 페이지가 알려 줘요.`,
    tooLarge: (bytes, most) =>
      `이 어댑터는 싸도 ${bytes}인데 링크에는 ${most}까지 담겨요. 파일로 보내거나, 랭크를 낮추거나 층을 줄여 학습해 주세요.`,
    incoming: '링크에 어댑터가 담겨 있어요',
    reading: '링크 속 어댑터를 읽고 있어요',
    incomingNote: '읽어 보니 해시가 맞아요. 아직 아무것도 열지 않았어요. 값은 링크를 만든 사람이 정한 거예요.',
    base: '기본 모델',
    rank: '랭크',
    targets: '층',
    parameters: '매개변수',
    linkBytes: '링크에 담긴 크기',
    named: '기본 모델의 가중치를 해시로 적어 두어서, 열 때 견주어 봐요.',
    unnamed: '기본 모델의 해시가 없어서 이름과 모양만 견줄 수 있어요.',
    open: '이 어댑터 열기',
    opening: '어댑터를 열고 있어요',
    replaces: '지금 열린 어댑터를 대신해요.',
    dismiss: '그만두기',
    running: '학습이 진행 중이에요. 끝나면 열 수 있어요.',
  },
})
