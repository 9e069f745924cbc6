// What a person reads when something went wrong: what happened and why, then what to do now. The type
// keeps every code in every language.
import type { ErrorCode } from '../base/errors'
import type { Language } from './texts'

export interface ErrorText {
  /** What happened, and why when it is known. */
  readonly title: string
  /** The next step, in full sentences. */
  readonly action: string
}

const english: Record<ErrorCode, ErrorText> = {
  'adapter/beyond-half': {
    title: 'float16 cannot hold this adapter',
    action: 'One of its numbers is beyond 65,504. Take it in float32, or train again with a lower learning rate.',
  },
  'adapter/config-invalid': {
    title: 'The adapter’s settings file cannot be read',
    action:
      'adapter_config.json, or what a GGUF file says of itself, is damaged or was edited by hand. Save the adapter again where it was made, then drop it here.',
  },
  'adapter/files-missing': {
    title: 'A part of the adapter is missing',
    action:
      'Drop adapter_config.json and adapter_model.safetensors together, or one zip that holds both. Where these are whole, save the adapter again where it was made.',
  },
  'adapter/no-effect': {
    title: 'This adapter changes nothing yet',
    action: 'Every one of its detours is still zero. Train at least one step, then save it.',
  },
  'adapter/not-finite': {
    title: 'The adapter holds numbers that are not numbers',
    action:
      'The run it comes from broke down. Use an earlier checkpoint of it, or train again with a lower learning rate.',
  },
  'adapter/rank-too-large': {
    title: 'The rank of this adapter is too large',
    action:
      'At most 256 is possible here, and the ranks of two adapters that are combined add up. Choose smaller ones.',
  },
  'adapter/unsupported': {
    title: 'This kind of adapter is not supported here',
    action:
      'Plume opens LoRA adapters on the linear layers of Llama, Qwen2, Qwen3 and GPT-2 models. Save it as plain LoRA, without DoRA, biases, or modules saved whole.',
  },
  'adapter/wrong-base': {
    title: 'This adapter belongs to another model',
    action: 'Its shapes do not fit the model that is open. Open the model it was trained on, then drop it again.',
  },
  'comparison/invalid': {
    title: 'This file is no comparison of Plume’s',
    action: 'Ask for the file plume-comparison.json as it was saved, unchanged, and open that.',
  },
  'corpus/empty': {
    title: 'There is no text here yet',
    action: 'The file is empty or holds only spaces. Choose a file with text, or one of the samples.',
  },
  'corpus/no-trained-tokens': {
    title: 'Nothing in this text would be trained on',
    action:
      'Every token is masked: the prompts fill the whole length, or the answers are empty. Raise the sequence length, or check that the answers hold text.',
  },
  'corpus/not-text': {
    title: 'This file is not text',
    action:
      'It holds bytes that are no text in UTF-8, UTF-16 or EUC-KR. Save it as text in UTF-8, then drop it again; unpack an archive first.',
  },
  'corpus/parquet-invalid': {
    title: 'This Parquet file could not be read',
    action:
      'It is damaged, or packed in a way that is not read here (snappy, gzip and zstd are). Download it again, or save its rows as .jsonl.',
  },
  'corpus/row-invalid': {
    title: 'No row of this file could be read',
    action:
      'In JSON each row has to be one object such as {"text": "…"}. Where columns are listed below, check that the right ones are chosen and hold text.',
  },
  'corpus/too-large': {
    title: 'This text is larger than a browser tab can hold',
    action: 'Keep a part of it: a few megabytes are plenty for a small model.',
  },
  'corpus/too-small': {
    title: 'There is too little text to learn from',
    action: 'It does not fill one training piece and one to check it on. Add more text, or lower the sequence length.',
  },
  'corpus/unknown-columns': {
    title: 'The columns of this file are not known here',
    action: 'Say which column is the text, or the prompt and the answer: the columns are listed on Data.',
  },
  'device/lost': {
    title: 'The GPU was taken away',
    action:
      'The driver restarted, or another program needed it. Try again; a run goes on from its last checkpoint, on Start.',
  },
  'device/no-adapter': {
    title: 'No usable GPU was found',
    action:
      'WebGPU is here, but it offers no device. Turn on hardware acceleration in the browser’s settings, update the graphics driver, and load this page again.',
  },
  'device/no-float16': {
    title: 'This GPU does not read float16 weights as they are',
    action: 'A check on this device gave other numbers than were stored. Store the base in float32 or int8 instead.',
  },
  'device/no-webgpu': {
    title: 'This browser has no WebGPU',
    action:
      'Open this page in a recent Chrome or Edge, in Safari 26, or in Firefox 141 or later. Over http, WebGPU works on localhost only.',
  },
  'device/out-of-memory': {
    title: 'The GPU has no room for this run',
    action:
      'Lower the batch size or the sequence length, switch the base to int8, or turn on checkpointing. Then start again.',
  },
  'engine/busy': {
    title: 'The model is at work',
    action: 'Wait for the run or the answer to end, or stop it first.',
  },
  'engine/no-model': {
    title: 'No model is open',
    action: 'Open the embedded model from Start; it takes a few seconds.',
  },
  'engine/stopped-answering': {
    title: 'The work behind this page stopped answering',
    action: 'It was ended so that the page stays usable. Try again; if it was a large file, try a smaller part of it.',
  },
  'file/not-readable': {
    title: 'The file could not be read',
    action:
      'It may have been moved, or the browser may not open it. Choose it again; for a file of this page, load the page again.',
  },
  'file/pickle': {
    title: 'This file format can run programs, so it stays closed',
    action: 'A .bin or .pt file is a Python pickle. Save the same weights as safetensors, then drop that file.',
  },
  'gguf/bad-offsets': {
    title: 'The parts of this GGUF file overlap or leave holes',
    action: 'It was written wrongly or changed since. Fetch it again from where it came.',
  },
  'gguf/header-invalid': {
    title: 'The header of this GGUF file is damaged',
    action: 'Fetch it again from where it came, or convert the model again.',
  },
  'gguf/header-too-large': {
    title: 'The header of this GGUF file is too large',
    action: 'Plume reads headers up to 64 MiB; those of real models are a tenth of it. Fetch the file again.',
  },
  'gguf/truncated': {
    title: 'This GGUF file ends too early',
    action: 'The download was cut. Fetch it again.',
  },
  'gguf/unsupported': {
    title: 'Plume does not read this kind of GGUF file',
    action:
      'Files of version 2 and 3 in F32, F16, BF16, Q8_0, Q4_0 to Q5_1 and Q4_K to Q6_K are read. Choose another file of the same model.',
  },
  'hub/answer-invalid': {
    title: 'The model hub gave an answer that cannot be read',
    action:
      'It may be changing or blocked on the way. Try again later; or fetch the files by hand and drop their folder, or upload yours on its page.',
  },
  'hub/busy': {
    title: 'The hub is being asked already',
    action: 'A download or an upload goes on. Wait for it or stop it; it may run in another tab of this page.',
  },
  'hub/exists': {
    title: 'A repository of this name exists already',
    action: 'Choose another name, or tick that the files go into the one that exists, as a new commit.',
  },
  'hub/folder-refused': {
    title: 'The hub did not take the files',
    action:
      'It says why below. Often it is a line at the head of the card, such as a base that it does not know: change it and send again.',
  },
  'hub/id-invalid': {
    title: 'This is not the id of a model',
    action: 'Write it as owner/name, or paste the address of its page on huggingface.co.',
  },
  'hub/no-room': {
    title: 'There is no room left for this model',
    action: 'What has come is kept. Delete a model below or free some disk space, then go on.',
  },
  'hub/no-write-access': {
    title: 'This token may not write there',
    action:
      'Make a token with write access to that owner on huggingface.co, under Settings, Access Tokens. Check that the owner is you, or an organisation you may write to.',
  },
  'hub/not-allowed': {
    title: 'The hub does not give this model to everyone',
    action:
      'It is private, does not exist, or asks you to accept its terms on its page first. Then give an access token of your own here.',
  },
  'hub/not-found': {
    title: 'The hub knows no such model',
    action: 'Check owner and name, and the revision if you gave one.',
  },
  'hub/not-stored': {
    title: 'This model is not on this device',
    action: 'The browser may have cleared it. Download it again.',
  },
  'hub/repository-public': {
    title: 'This repository is public',
    action:
      'Nothing was sent: you asked for a private one. Choose another name, or take the tick from private if everyone may see the adapter.',
  },
  'hub/stopped': {
    title: 'The download was stopped before it began',
    action: 'Press Download to begin again.',
  },
  'hub/token-refused': {
    title: 'The hub does not know this token',
    action:
      'Copy it again from huggingface.co, under Settings, Access Tokens. It may have been revoked, or a character may be missing.',
  },
  'hub/too-many-requests': {
    title: 'The hub asks to wait',
    action: 'Too many requests came from here. Go on in a few minutes: of a download, what has come is kept.',
  },
  'hub/unreachable': {
    title: 'The model hub cannot be reached',
    action: 'What has come is kept. Check the connection, then go on where it stopped.',
  },
  'hub/upload-cut': {
    title: 'The connection broke while the files were sent',
    action:
      'The repository may exist without its files. Check the connection and send again, with the tick for a repository that exists.',
  },
  'hub/upload-stopped': {
    title: 'The upload was stopped',
    action:
      'The repository may exist without its files. Send again, with the tick for a repository that exists, or delete it on its page.',
  },
  'hub/upload-too-large': {
    title: 'The hub takes no files of this size',
    action: 'Take the adapter in float16, which halves it, or upload the folder with the hub’s own tools.',
  },
  'hub/wrong-bytes': {
    title: 'What arrived is not the file that was promised',
    action:
      'Its hash is wrong, so it was thrown away. Download it again; if it happens twice, something on the way changes files.',
  },
  'link/cut': {
    title: 'This link is not whole',
    action: 'A part of it was lost on the way: many programs cut long addresses. Ask for the adapter’s file instead.',
  },
  'link/damaged': {
    title: 'The adapter in this link is not what was sent',
    action:
      'Its hash is wrong, or it cannot be read, so it was not opened. Ask for the link again, or for the adapter’s file.',
  },
  'link/other-base': {
    title: 'The adapter in this link belongs to another model',
    action: 'Open the model that it names on Model, then come back and open the adapter.',
  },
  'link/too-large': {
    title: 'This adapter is too large for a link',
    action: 'Send its file. A lower rank, or fewer layers, make an adapter that fits.',
  },
  'link/unknown-version': {
    title: 'This link comes from another version of Plume',
    action: 'Load the page again for the newest version, or ask for the adapter’s file.',
  },
  'model/config-invalid': {
    title: 'The model’s settings file cannot be read',
    action: 'config.json is damaged or incomplete. Load the page again; for a model of your own, fetch it again.',
  },
  'model/files-missing': {
    title: 'A file of the model is missing',
    action:
      'Choose the whole folder: config.json, tokenizer.json and model.safetensors, or all of its shards with their index.',
  },
  'model/unsupported': {
    title: 'This kind of model is not supported yet',
    action: 'Plume trains models of the Llama architecture. Choose one of those.',
  },
  'model/weights-missing': {
    title: 'A part of the model is missing',
    action:
      'The weights file lacks a tensor that config.json asks for. Load the page again; for a model of your own, fetch it again.',
  },
  'run/checkpoint-damaged': {
    title: 'The saved state of this run is damaged',
    action:
      'It was cut off while being written. Discard this run and start it again; the same seed takes the same path.',
  },
  'run/interrupted': {
    title: 'The run was interrupted',
    action: 'Its last checkpoint is kept. Resume it from there: it takes the same path as if it had never stopped.',
  },
  'run/not-finite': {
    title: 'The run broke down: its loss is no longer a number',
    action:
      'The steps were too large. Lower the learning rate to a third and start again; the best adapter from before is kept.',
  },
  'run/settings-invalid': {
    title: 'These settings do not go together',
    action: 'One of them is out of range for this model. Choose a preset on Model, then change one knob at a time.',
  },
  'safetensors/bad-offsets': {
    title: 'The weights file is damaged',
    action: 'Its table of contents points outside the file. Fetch or save it again.',
  },
  'safetensors/duplicate-name': {
    title: 'The weights file names a tensor twice',
    action: 'It cannot be known which one is meant. Save it again with the tool that made it.',
  },
  'safetensors/header-invalid': {
    title: 'This is not a safetensors file',
    action: 'Its beginning is no table of contents. Check that the download is complete and has not become a web page.',
  },
  'safetensors/header-too-large': {
    title: 'The weights file has an impossible table of contents',
    action: 'It claims to be larger than any real model needs. Fetch the file again from a source you trust.',
  },
  'safetensors/truncated': {
    title: 'The weights file ends too early',
    action: 'The download or the copy was cut off. Fetch it again.',
  },
  'safetensors/unsupported-dtype': {
    title: 'The weights file uses a number format we cannot read',
    action: 'Save it as float32, float16 or bfloat16.',
  },
  'share/not-in-gguf': {
    title: 'This model cannot be written as GGUF',
    action:
      'A part of it, named below, is nothing that llama.cpp reads as this model means it. Store the model in Hugging Face’s layout or as ONNX; the adapter alone works as before.',
  },
  'share/too-large': {
    title: 'This would be too large to take along in one piece',
    action:
      'Store the model in half precision, or take the folder without the text. In the terminal, plume merge writes a model of any size.',
  },
  'storage/full': {
    title: 'There is no room left to save checkpoints',
    action:
      'The run goes on, but closing the tab would lose it. Free some disk space, or discard unfinished runs on Start.',
  },
  'storage/unavailable': {
    title: 'This browser lets the page save nothing',
    action:
      'Private windows often do. The run works, but closing the tab loses it: save the adapter on Share when it is done.',
  },
  'template/invalid': {
    title: 'The chat template of this model cannot be run',
    action:
      'It has an error, or asks for something that is not known here. Choose one of the common templates by name.',
  },
  'template/not-stable': {
    title: 'This chat template does not show where an answer begins and ends',
    action:
      'It rewrites earlier turns or what they say, so training on the answers alone is not possible with it. Choose one of the common templates by name.',
  },
  'template/refused': {
    title: 'The chat template refuses this conversation',
    action: 'The line below is what the template says. Change the conversation, or choose another template.',
  },
  'template/too-large': {
    title: 'The chat template is too large',
    action: 'Templates have up to 64 KiB and write up to 1 MiB. Choose one of the common templates by name.',
  },
  'template/too-slow': {
    title: 'The chat template took too long and was ended',
    action: 'The page is not affected. Choose one of the common templates by name, or shorten the conversation.',
  },
  'tokenizer/invalid': {
    title: 'The tokenizer file cannot be read',
    action:
      'tokenizer.json is damaged or of an unknown kind. Load the page again; for a model of your own, fetch it again.',
  },
  'tokenizer/unsupported': {
    title: 'This kind of tokenizer is not known here',
    action:
      'Plume reads the tokenizers of GPT-2, SmolLM2, Llama 2 and 3, TinyLlama and Qwen. Choose a model of one of these families.',
  },
  unexpected: {
    title: 'Something went wrong that we did not foresee',
    action: 'Nothing you dropped is lost on your disk. Load the page again; the line below helps to report it.',
  },
  'weights/not-finite': {
    title: 'The model holds numbers that are not numbers',
    action: 'Its weights are damaged. Fetch the model again.',
  },
}

const korean: Record<ErrorCode, ErrorText> = {
  'adapter/beyond-half': {
    title: 'float16에 담을 수 없는 어댑터예요',
    action: '65,504를 넘는 값이 있어요. float32로 가져가거나, 학습률을 낮춰 다시 학습해 주세요.',
  },
  'adapter/config-invalid': {
    title: '어댑터 설정 파일을 읽을 수 없어요',
    action:
      'adapter_config.json이나 GGUF 파일의 설명이 손상됐거나 손으로 고친 것 같아요. 만든 곳에서 다시 저장한 뒤 놓아 주세요.',
  },
  'adapter/files-missing': {
    title: '어댑터 파일이 다 있지 않아요',
    action:
      'adapter_config.json과 adapter_model.safetensors를 함께 놓거나, 둘이 든 zip 하나를 놓아 주세요. 그래도 안 되면 만든 곳에서 다시 저장해 주세요.',
  },
  'adapter/no-effect': {
    title: '이 어댑터는 아직 아무것도 바꾸지 않아요',
    action: '모든 값이 0이에요. 한 스텝이라도 학습한 뒤 저장해 주세요.',
  },
  'adapter/not-finite': {
    title: '어댑터에 숫자가 아닌 값이 있어요',
    action: '학습이 중간에 무너진 어댑터예요. 더 이른 체크포인트를 쓰거나, 학습률을 낮춰 다시 학습해 주세요.',
  },
  'adapter/rank-too-large': {
    title: '어댑터의 랭크가 너무 커요',
    action: '여기서는 256까지 쓸 수 있고, 두 어댑터를 합치면 랭크도 더해져요. 랭크가 더 작은 어댑터를 골라 주세요.',
  },
  'adapter/unsupported': {
    title: '아직 열 수 없는 종류의 어댑터예요',
    action:
      'Plume은 Llama, Qwen2, Qwen3, GPT-2의 선형층에 붙는 LoRA를 열어요. DoRA나 편향, 통째로 저장한 모듈 없이 일반 LoRA로 저장해 주세요.',
  },
  'adapter/wrong-base': {
    title: '다른 모델에서 만든 어댑터예요',
    action: '지금 열린 모델과 모양이 맞지 않아요. 이 어댑터를 학습한 모델을 연 다음 다시 놓아 주세요.',
  },
  'comparison/invalid': {
    title: 'Plume의 비교 파일이 아니에요',
    action: '저장한 그대로의 plume-comparison.json을 받아서 열어 주세요.',
  },
  'corpus/empty': {
    title: '아직 글이 없어요',
    action: '파일이 비었거나 빈칸뿐이에요. 글이 든 파일을 고르거나 예제를 써 보세요.',
  },
  'corpus/no-trained-tokens': {
    title: '이 글에는 학습할 토큰이 없어요',
    action:
      '프롬프트가 길이를 다 차지했거나 응답이 비어 있어요. 시퀀스 길이를 늘리거나 응답에 글이 있는지 확인해 주세요.',
  },
  'corpus/not-text': {
    title: '텍스트 파일이 아니에요',
    action:
      'UTF-8, UTF-16, EUC-KR 글이 아닌 바이트가 들어 있어요. UTF-8 글로 저장한 뒤 다시 놓아 주세요. 압축 파일은 먼저 풀어 주세요.',
  },
  'corpus/parquet-invalid': {
    title: 'Parquet 파일을 읽지 못했어요',
    action:
      '파일이 깨졌거나 여기서 읽지 못하는 방식(snappy, gzip, zstd 말고)으로 압축되었어요. 다시 내려받거나 .jsonl로 저장해서 놓아 주세요.',
  },
  'corpus/row-invalid': {
    title: '읽을 수 있는 줄이 하나도 없어요',
    action:
      'JSON에서는 한 줄이 {"text": "…"} 같은 객체 하나여야 해요. 아래에 열이 보이면 맞는 열을 골랐는지, 글이 들어 있는지 살펴 주세요.',
  },
  'corpus/too-large': {
    title: '브라우저 탭에 담기에는 글이 너무 커요',
    action: '일부만 골라 주세요. 작은 모델에는 몇 메가바이트면 넉넉해요.',
  },
  'corpus/too-small': {
    title: '배우기에는 글이 너무 적어요',
    action: '학습할 조각 하나와 확인할 조각 하나를 채우지 못해요. 글을 더하거나 시퀀스 길이를 줄여 주세요.',
  },
  'corpus/unknown-columns': {
    title: '열 이름을 알아볼 수 없어요',
    action: '어느 열이 글인지, 또는 프롬프트와 응답인지 골라 주세요. 열 목록은 데이터에 있어요.',
  },
  'device/lost': {
    title: 'GPU와 연결이 끊겼어요',
    action:
      '드라이버가 다시 시작됐거나 다른 프로그램이 GPU를 가져갔어요. 다시 해 보세요. 학습 중이었다면 시작 화면에서 마지막 체크포인트부터 이어서 할 수 있어요.',
  },
  'device/no-adapter': {
    title: '쓸 수 있는 GPU를 찾지 못했어요',
    action:
      'WebGPU는 있지만 장치를 내주지 않아요. 브라우저 설정에서 하드웨어 가속을 켜고 그래픽 드라이버를 업데이트한 뒤 새로 고쳐 주세요.',
  },
  'device/no-float16': {
    title: '이 GPU는 float16 가중치를 그대로 읽지 못해요',
    action: '이 기기에서 확인해 보니 저장한 수와 다르게 읽었어요. 기본 모델을 float32나 int8로 바꿔 주세요.',
  },
  'device/no-webgpu': {
    title: '이 브라우저에는 WebGPU가 없어요',
    action:
      '최신 Chrome이나 Edge, Safari 26, Firefox 141 이상에서 열어 주세요. http 주소라면 localhost에서만 동작해요.',
  },
  'device/out-of-memory': {
    title: 'GPU 메모리가 모자라요',
    action: '배치 크기나 시퀀스 길이를 줄이거나, 기본 모델을 int8로 바꾸거나, 체크포인팅을 켠 뒤 다시 시작해 주세요.',
  },
  'engine/busy': {
    title: '모델이 일하는 중이에요',
    action: '학습이나 답변이 끝나기를 기다리거나, 먼저 멈춰 주세요.',
  },
  'engine/no-model': {
    title: '열린 모델이 없어요',
    action: '시작 화면에서 내장 모델을 열어 주세요. 몇 초면 돼요.',
  },
  'engine/stopped-answering': {
    title: '작업이 응답을 멈췄어요',
    action: '화면이 멎지 않도록 작업을 끝냈어요. 다시 해 보고, 큰 파일이었다면 일부만 나누어 놓아 주세요.',
  },
  'file/not-readable': {
    title: '파일을 읽을 수 없어요',
    action: '파일이 옮겨졌거나 브라우저가 열지 못했어요. 다시 골라 주세요. 이 사이트의 파일이라면 새로 고쳐 주세요.',
  },
  'file/pickle': {
    title: '프로그램을 실행할 수 있는 형식이라 열지 않았어요',
    action: '.bin과 .pt는 파이썬 pickle 파일이에요. 같은 가중치를 safetensors로 저장한 뒤 놓아 주세요.',
  },
  'gguf/bad-offsets': {
    title: 'GGUF 파일의 부분들이 겹치거나 사이가 비어 있어요',
    action: '잘못 저장됐거나 그 뒤에 바뀐 파일이에요. 처음 받은 곳에서 다시 받아 주세요.',
  },
  'gguf/header-invalid': {
    title: 'GGUF 파일의 머리 부분이 손상됐어요',
    action: '처음 받은 곳에서 다시 받거나 모델을 다시 변환해 주세요.',
  },
  'gguf/header-too-large': {
    title: 'GGUF 파일의 머리 부분이 너무 커요',
    action: 'Plume은 64 MiB까지 읽어요. 실제 모델은 그 십분의 일이에요. 파일을 다시 받아 주세요.',
  },
  'gguf/truncated': {
    title: 'GGUF 파일이 중간에 끝나요',
    action: '받는 도중에 끊겼어요. 다시 받아 주세요.',
  },
  'gguf/unsupported': {
    title: 'Plume이 읽지 못하는 GGUF 파일이에요',
    action:
      '버전 2와 3, F32, F16, BF16, Q8_0, Q4_0부터 Q5_1, Q4_K부터 Q6_K까지 읽어요. 같은 모델의 다른 파일을 골라 주세요.',
  },
  'hub/answer-invalid': {
    title: '모델 허브의 답을 읽을 수 없어요',
    action:
      '허브가 바뀌는 중이거나 중간에 막혔을 수 있어요. 나중에 다시 하거나, 파일을 직접 받아 폴더째 놓거나 허브 페이지에서 직접 올려 주세요.',
  },
  'hub/busy': {
    title: '이미 허브와 주고받는 중이에요',
    action: '내려받거나 보내고 있어요. 기다리거나 멈춰 주세요. 다른 탭에서 하고 있을 수도 있어요.',
  },
  'hub/exists': {
    title: '같은 이름의 저장소가 이미 있어요',
    action: '다른 이름을 쓰거나, 있는 저장소에 새 커밋으로 넣도록 표시해 주세요.',
  },
  'hub/folder-refused': {
    title: '허브가 파일을 받지 않았어요',
    action:
      '까닭은 아래에 있어요. 허브가 모르는 기본 모델처럼 카드 머리의 한 줄 때문일 때가 많아요. 고쳐서 다시 보내 주세요.',
  },
  'hub/id-invalid': {
    title: '모델 이름이 아니에요',
    action: 'owner/name 꼴로 적거나 huggingface.co의 모델 주소를 붙여 넣어 주세요.',
  },
  'hub/no-room': {
    title: '이 모델을 담을 공간이 없어요',
    action: '받은 만큼은 남아 있어요. 아래에서 모델을 지우거나 디스크를 비우고 이어서 받아 주세요.',
  },
  'hub/no-write-access': {
    title: '이 토큰으로는 거기에 쓸 수 없어요',
    action:
      'huggingface.co의 Settings, Access Tokens에서 쓰기 권한이 있는 토큰을 만들어 주세요. 소유자가 나이거나 내가 쓸 수 있는 조직인지도 확인해 주세요.',
  },
  'hub/not-allowed': {
    title: '허브가 아무에게나 주지 않는 모델이에요',
    action: '비공개이거나, 없거나, 모델 페이지에서 먼저 약관에 동의해야 해요. 그런 다음 내 액세스 토큰을 넣어 주세요.',
  },
  'hub/not-found': {
    title: '허브에 그런 모델이 없어요',
    action: '이름과, 적었다면 리비전을 확인해 주세요.',
  },
  'hub/not-stored': {
    title: '이 모델이 기기에 없어요',
    action: '브라우저가 지웠을 수 있어요. 다시 내려받아 주세요.',
  },
  'hub/repository-public': {
    title: '공개된 저장소예요',
    action:
      '비공개를 골랐기 때문에 아무것도 보내지 않았어요. 다른 이름을 쓰거나, 모두가 봐도 되면 비공개 표시를 풀어 주세요.',
  },
  'hub/stopped': {
    title: '시작하기 전에 내려받기를 멈췄어요',
    action: '내려받기를 누르면 다시 시작해요.',
  },
  'hub/token-refused': {
    title: '허브가 모르는 토큰이에요',
    action: 'huggingface.co의 Settings, Access Tokens에서 다시 복사해 주세요. 취소됐거나 글자가 빠졌을 수 있어요.',
  },
  'hub/too-many-requests': {
    title: '허브가 기다려 달라고 해요',
    action: '여기에서 요청이 너무 많았어요. 몇 분 뒤에 이어서 해 주세요. 받던 것은 받은 만큼 남아 있어요.',
  },
  'hub/unreachable': {
    title: '모델 허브에 닿지 않아요',
    action: '받은 만큼은 남아 있어요. 연결을 확인하고 이어서 받아 주세요.',
  },
  'hub/upload-cut': {
    title: '파일을 보내는 중에 연결이 끊겼어요',
    action: '파일 없이 저장소만 생겼을 수 있어요. 연결을 확인하고, 있는 저장소에 넣도록 표시해서 다시 보내 주세요.',
  },
  'hub/upload-stopped': {
    title: '보내기를 멈췄어요',
    action:
      '파일 없이 저장소만 생겼을 수 있어요. 있는 저장소에 넣도록 표시해서 다시 보내거나, 저장소 페이지에서 지워 주세요.',
  },
  'hub/upload-too-large': {
    title: '허브가 이 크기의 파일은 받지 않아요',
    action: '절반 크기인 float16으로 하거나, 허브의 도구로 폴더를 올려 주세요.',
  },
  'hub/wrong-bytes': {
    title: '약속된 파일과 다른 것이 왔어요',
    action: '해시가 달라서 버렸어요. 다시 받아 보고, 또 그러면 중간에서 누가 파일을 바꾸는 거예요.',
  },
  'link/cut': {
    title: '링크가 온전하지 않아요',
    action: '오는 길에 일부가 잘렸어요. 긴 주소를 자르는 프로그램이 많아요. 어댑터 파일을 받아 주세요.',
  },
  'link/damaged': {
    title: '링크 속 어댑터가 보낸 것과 달라요',
    action: '해시가 다르거나 읽을 수 없어서 열지 않았어요. 링크나 어댑터 파일을 다시 받아 주세요.',
  },
  'link/other-base': {
    title: '링크 속 어댑터는 다른 모델의 것이에요',
    action: '모델에서 링크에 적힌 모델을 연 다음, 돌아와서 어댑터를 열어 주세요.',
  },
  'link/too-large': {
    title: '링크에 담기에는 큰 어댑터예요',
    action: '파일로 보내 주세요. 랭크를 낮추거나 층을 줄이면 담기는 어댑터가 돼요.',
  },
  'link/unknown-version': {
    title: '다른 버전의 Plume에서 만든 링크예요',
    action: '페이지를 새로 고쳐 최신 버전으로 열거나, 어댑터 파일을 받아 주세요.',
  },
  'model/config-invalid': {
    title: '모델 설정 파일을 읽을 수 없어요',
    action: 'config.json이 손상됐거나 빠진 항목이 있어요. 새로 고쳐 주세요. 가져온 모델이라면 다시 받아 주세요.',
  },
  'model/files-missing': {
    title: '모델 파일이 다 있지 않아요',
    action:
      '폴더 전체를 골라 주세요: config.json, tokenizer.json, model.safetensors 또는 모든 샤드와 색인 파일이 있어야 해요.',
  },
  'model/unsupported': {
    title: '아직 다룰 수 없는 종류의 모델이에요',
    action: 'Plume은 Llama 구조의 모델을 학습해요. 그런 모델을 골라 주세요.',
  },
  'model/weights-missing': {
    title: '모델의 일부가 없어요',
    action: 'config.json이 요구하는 텐서가 가중치 파일에 없어요. 새로 고쳐 주세요. 가져온 모델이라면 다시 받아 주세요.',
  },
  'run/checkpoint-damaged': {
    title: '저장된 학습 상태가 손상됐어요',
    action: '쓰는 도중에 끊겼어요. 이 학습을 지우고 다시 시작해 주세요. 같은 시드라면 같은 길을 가요.',
  },
  'run/interrupted': {
    title: '학습이 중간에 멈췄어요',
    action: '마지막 저장 지점이 남아 있어요. 거기서 이어서 하면 멈추지 않았을 때와 같은 길을 가요.',
  },
  'run/not-finite': {
    title: '손실이 숫자를 벗어나 학습이 무너졌어요',
    action:
      '한 걸음이 너무 컸어요. 학습률을 3분의 1로 낮추고 다시 시작해 주세요. 그전까지 가장 좋았던 어댑터는 남아 있어요.',
  },
  'run/settings-invalid': {
    title: '함께 쓸 수 없는 설정이에요',
    action: '이 모델의 범위를 벗어난 값이 있어요. 모델 화면에서 프리셋을 고른 뒤 하나씩 바꿔 주세요.',
  },
  'safetensors/bad-offsets': {
    title: '가중치 파일이 손상됐어요',
    action: '목차가 파일 밖을 가리켜요. 파일을 다시 받거나 다시 저장해 주세요.',
  },
  'safetensors/duplicate-name': {
    title: '가중치 파일에 같은 이름의 텐서가 둘 있어요',
    action: '어느 쪽인지 알 수 없어요. 만든 도구로 다시 저장해 주세요.',
  },
  'safetensors/header-invalid': {
    title: 'safetensors 파일이 아니에요',
    action: '파일 앞부분이 목차가 아니에요. 다 받아졌는지, 웹 페이지가 대신 저장되지는 않았는지 확인해 주세요.',
  },
  'safetensors/header-too-large': {
    title: '가중치 파일의 목차가 있을 수 없는 크기예요',
    action: '실제 모델에 필요한 크기를 훨씬 넘어요. 믿을 수 있는 곳에서 다시 받아 주세요.',
  },
  'safetensors/truncated': {
    title: '가중치 파일이 중간에 끝나요',
    action: '받거나 복사하는 도중에 끊겼어요. 다시 받아 주세요.',
  },
  'safetensors/unsupported-dtype': {
    title: '읽을 수 없는 숫자 형식으로 저장된 가중치예요',
    action: 'float32, float16, bfloat16 가운데 하나로 저장해 주세요.',
  },
  'share/not-in-gguf': {
    title: '이 모델은 GGUF로 쓸 수 없어요',
    action:
      '아래에 적힌 부분을 llama.cpp가 이 모델과 같은 뜻으로 읽지 못해요. Hugging Face 형식이나 ONNX로 저장해 주세요. 어댑터는 그대로 쓸 수 있어요.',
  },
  'share/too-large': {
    title: '한 번에 가져가기에는 너무 커요',
    action:
      '모델을 절반 정밀도로 저장하거나, 글을 빼고 폴더를 만들어 주세요. 터미널의 plume merge는 크기에 상관없이 모델을 저장해요.',
  },
  'storage/full': {
    title: '체크포인트를 저장할 공간이 없어요',
    action: '학습은 계속되지만 탭을 닫으면 사라져요. 디스크를 비우거나 시작 화면에서 끝나지 않은 학습을 지워 주세요.',
  },
  'storage/unavailable': {
    title: '이 브라우저에서는 저장할 수 없어요',
    action:
      '시크릿 창에서는 흔한 일이에요. 학습은 되지만 탭을 닫으면 사라지니, 끝나면 공유 화면에서 어댑터를 저장해 주세요.',
  },
  'template/invalid': {
    title: '이 모델의 대화 템플릿을 실행할 수 없어요',
    action: '오류가 있거나 여기서 모르는 것을 요구해요. 이름이 있는 일반 템플릿 가운데 하나를 골라 주세요.',
  },
  'template/not-stable': {
    title: '이 대화 템플릿에서는 답이 어디서 시작하고 끝나는지 알 수 없어요',
    action:
      '앞선 차례나 그 내용을 바꿔 쓰기 때문에 답만 골라 학습할 수 없어요. 이름이 있는 일반 템플릿 가운데 하나를 골라 주세요.',
  },
  'template/refused': {
    title: '대화 템플릿이 이 대화를 거절했어요',
    action: '아래 줄이 템플릿이 남긴 말이에요. 대화를 고치거나 다른 템플릿을 골라 주세요.',
  },
  'template/too-large': {
    title: '대화 템플릿이 너무 커요',
    action: '템플릿은 64 KiB까지, 결과는 1 MiB까지예요. 이름이 있는 일반 템플릿 가운데 하나를 골라 주세요.',
  },
  'template/too-slow': {
    title: '대화 템플릿이 너무 오래 걸려 멈췄어요',
    action: '페이지에는 영향이 없어요. 이름이 있는 일반 템플릿을 고르거나 대화를 줄여 주세요.',
  },
  'tokenizer/invalid': {
    title: '토크나이저 파일을 읽을 수 없어요',
    action: 'tokenizer.json이 손상됐거나 모르는 종류예요. 새로 고쳐 주세요. 가져온 모델이라면 다시 받아 주세요.',
  },
  'tokenizer/unsupported': {
    title: '여기서 모르는 종류의 토크나이저예요',
    action:
      'Plume은 GPT-2, SmolLM2, Llama 2와 3, TinyLlama, Qwen의 토크나이저를 읽어요. 이 가운데 한 계열의 모델을 골라 주세요.',
  },
  unexpected: {
    title: '미처 예상하지 못한 문제가 생겼어요',
    action: '디스크에 있는 파일은 그대로예요. 새로 고쳐 주세요. 아래 줄을 알려 주시면 고치는 데 도움이 돼요.',
  },
  'weights/not-finite': {
    title: '모델에 숫자가 아닌 값이 있어요',
    action: '가중치가 손상됐어요. 모델을 다시 받아 주세요.',
  },
}

export const errorTexts: Readonly<Record<Language, Readonly<Record<ErrorCode, ErrorText>>>> = {
  en: english,
  ko: korean,
}
