"""Cleans the story corpus and cuts it into documents (one story or one chapter each).

The input is plain text, paragraphs apart by an empty line, each book opened by a line `<|book|>`.
What a small model would only waste capacity on is dropped: contents, headings, captions, page numbers,
prefaces, notes, footnotes, colophons. A heading also ends a document, so that the model sees
beginnings and endings.
"""

import gzip
import random
import re
from dataclasses import dataclass
from pathlib import Path

BOOK_MARK = "<|book|>"
END_OF_TEXT, TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"

# Shorter documents are title pages, dedications and lists that no rule below has named.
MIN_DOCUMENT_CHARACTERS = 400
CHAT_SHARE = 0.02

BRACKETED_NOTE = re.compile(r"\[(?:Footnote|FN#|Illustration|Picture|From|Adapted|Contes|\*|Transcriber)[^\]]*\]")
FOOTNOTE_MARK = re.compile(r"(?<=[\w.,;!?'\")])\(\d{1,2}\)")
ROMAN_ITEM = re.compile(r"\b[IVXLC]+\.? (?=[A-Z])")
CHAPTER = re.compile(r"(?:chapter|book|part|adventure)\b[ .]*(?:[ivxlc]+|\d+|[a-z-]+)\b", re.IGNORECASE)
NUMBERED = re.compile(r"(?:[IVXLC]+|\d{1,3})[. ]+[A-Z'\"]")
ORNAMENT = re.compile(r"[\s*.\d\[\]()~-]+")
FRONT_MATTER = re.compile(r"(?:the )?(?:preface|introduction|contents|table of contents|list of|preparer|notes|to my readers)\b", re.IGNORECASE)
COLOPHON = re.compile(
    r"(?:Page \d+, |Dashes; small|Printed |Produced by|Transcriber|End of [Tt]he |The Wonderful Oz Books|Source[s.]|Parallels?[.]|Remarks[.]|NOTES AND REFERENCES)"
)
ATTRIBUTION = re.compile(r"(?:\(\d{1,2}\) .*|\([^()]{3,100}\)|From '[^']*'.{0,30}|Cuentos .*)")
DROP_CAPITALS = re.compile(r"^(['\"]?)([A-Z])([A-Z']+)(?= [a-z])")
SENTENCE_END = tuple(".!?'\"-:;,)")


@dataclass
class Document:
    book: str
    title: str
    paragraphs: list[str]

    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


def read_documents(path: Path) -> list[Document]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        books = file.read().split(BOOK_MARK)[1:]
    return [document for book in books for document in documents_of(book)]


def documents_of(book: str) -> list[Document]:
    blocks = [b for b in (" ".join(block.split()) for block in re.split(r"\n\s*\n", book)) if b]
    name = next(b for b in blocks if not b.startswith(("[", "Dashes")))[:60]
    is_collection = "FAIRY" in name.upper()
    documents: list[Document] = []
    current = Document(name, "", [])
    is_skipping = False
    joins_next = False
    for block in blocks:
        text = plain(block)
        if not text or ORNAMENT.fullmatch(text):
            # A page number in the middle of a sentence: the next block is the sentence's other half.
            joins_next = bool(current.paragraphs) and not current.paragraphs[-1].endswith(SENTENCE_END)
            continue
        if COLOPHON.match(text) or ATTRIBUTION.fullmatch(text):
            continue
        kind = heading_kind(text)
        if kind == "strong" or (kind == "weak" and is_collection):
            documents.append(current)
            current = Document(name, text, [])
            is_skipping = bool(FRONT_MATTER.match(text))
        elif kind == "text" and not is_skipping:
            if joins_next and text[0].islower():
                current.paragraphs[-1] += " " + text
            else:
                current.paragraphs.append(text)
        joins_next = False
    documents.append(current)
    return [d for d in documents if len(d.text()) >= MIN_DOCUMENT_CHARACTERS]


def plain(text: str) -> str:
    text = BRACKETED_NOTE.sub("", text)
    text = FOOTNOTE_MARK.sub("", text)
    text = text.replace("_", "").replace("\u2013", "--").replace("\u2014", "--")
    text = text.translate(str.maketrans("\u2018\u2019\u201c\u201d\u00a0", "''\"\" "))
    text = " ".join(text.split())
    return DROP_CAPITALS.sub(lambda m: m[1] + m[2] + m[3].lower(), text)


def heading_kind(text: str) -> str:
    """'strong' opens a document everywhere, 'weak' (a title or a caption) only in collections of tales."""
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return "drop"
    upper_share = sum(c.isupper() for c in letters) / len(letters)
    if len(ROMAN_ITEM.findall(text)) >= 5 or len(re.findall(r"\d+", text)) >= 10:
        return "drop"
    if len(text) < 120 and CHAPTER.match(text) and not text.endswith((",", '"')):
        return "strong"
    if len(text) < 120 and upper_share > 0.9 and text[0] not in "\"'" and len(letters) >= 4:
        return "strong"
    if len(text) < 80 and NUMBERED.match(text) and not text.startswith(("I ", "I'")) and not text.endswith(('"', "'")):
        return "strong"
    if upper_share > 0.5:
        return "drop"
    if len(text) < 70 and not text.endswith(SENTENCE_END):
        return "weak" if text[0].isupper() else "drop"
    return "text"


def split_validation(documents: list[Document], book: str, tail: float) -> tuple[list[Document], list[Document], list[Document]]:
    """One whole book, and the last `tail` share of every other, by characters: (train, book, tails)."""
    held_book = [d for d in documents if d.book == book]
    assert held_book, f"no book is called {book}"
    train: list[Document] = []
    tails: list[Document] = []
    for name in dict.fromkeys(d.book for d in documents if d.book != book):
        own = [d for d in documents if d.book == name]
        budget = tail * sum(len(d.text()) for d in own)
        last = own[-1]
        cut = len(last.paragraphs)
        while cut > 1 and budget > 0:
            cut -= 1
            budget -= len(last.paragraphs[cut])
        train += own[:-1] + [Document(name, last.title, last.paragraphs[:cut])]
        tails.append(Document(name, last.title, last.paragraphs[cut:]))
    return train, held_book, tails


def chat_documents(documents: list[Document], seed: int) -> list[str]:
    """Dialogue and openings of stories in ChatML, so that the turn marks are trained tokens and not noise.

    Nobody should expect a chatbot: it gives the marks a meaning that an adapter can build on.
    """
    rng = random.Random(seed)
    budget = CHAT_SHARE * sum(len(d.text()) for d in documents)
    candidates = []
    for document in documents:
        if "FAIRY" in document.book.upper() and document.title:
            title = document.title.title().rstrip(".").replace("'S", "'s")
            answer = "\n\n".join(document.paragraphs[:3])
            if len(answer) < 1500:
                candidates.append(turn("user", f"Tell me the story of {title}.") + turn("assistant", answer))
        run: list[str] = []
        for paragraph in [*document.paragraphs, ""]:
            if paragraph.startswith(("'", '"')) and len(paragraph) < 300:
                run.append(paragraph)
                continue
            if 2 <= len(run) <= 8:
                turns = run[: len(run) // 2 * 2]
                candidates.append("".join(turn("user" if i % 2 == 0 else "assistant", t) for i, t in enumerate(turns)))
            run = []
    rng.shuffle(candidates)
    chosen = []
    for candidate in candidates:
        if budget <= 0:
            break
        chosen.append(candidate)
        budget -= len(candidate)
    return chosen


def turn(role: str, text: str) -> str:
    return f"{TURN_START}{role}\n{text}{TURN_END}\n"
