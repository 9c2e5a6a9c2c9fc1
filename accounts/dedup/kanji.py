"""How a name in kanji is probably read. Several answers, the likeliest first: never shown, only compared with a reading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from heapq import heappop, heappush
from itertools import islice
from operator import itemgetter
from pathlib import Path
from string import ascii_letters, digits
from typing import Any

from accounts.dedup import sounds, words
from crm.lib import kana

_SOURCE = Path(__file__).with_name("readings.txt")
_ENTRY = re.compile(r"([ァ-ヺー]+)(\d+)")
_LONGEST_WORD = 6
# What a word more costs: long words that are known as a whole are read better than their pieces.
_STEP = 0.25
_BEAM = 12
# Nobody who stores or looks for many names asks for more.
_FEW = 4
_KANA = re.compile("[ァ-ヺー]")
_SPOKEN_ALONE = frozenset((*map(chr, range(ord("ァ"), ord("ヺ") + 1)), "ー", *ascii_letters, *digits))
# Longer names have too many ways to be cut into words to try them one by one.
_SHORT = 12
_ROUNDED = 1 - 1e-9
Told = Sequence[tuple[str, float]]


def guesses(key: str, most: int = 8) -> tuple[str, ...]:
    """Keys of sounds (sounds.py) of a name's key, at most so many; () where a character is not known."""
    return _heard(key, max(most, _FEW))[:most]


@lru_cache(maxsize=16_384)
def _heard(key: str, most: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for _chance, reading in _readings(key):
        if sound := sounds.of_katakana(reading):
            found[sound] = None
            if len(found) == most:
                break
    return tuple(found)


def _readings(key: str) -> Iterable[tuple[float, str]]:
    """Kana of the name, the likeliest first."""
    text = kana.to_katakana(key)
    return islice(_likeliest(text), _BEAM) if len(text) <= _SHORT else grown_whole(text)


def _likeliest(text: str) -> Iterator[tuple[float, str]]:
    """The readings, made one by one as they are asked for: most who ask want few, and most beginnings none but the best.

    From the end on, since how well each beginning can be read at best is known by then.
    """
    words, best = _words_by_end(text)
    waiting: list[tuple[float, int, str, float, Any]] = [(-best[-1], len(text), "", 1.0, None)]
    seen: set[str] = set()
    alike: list[tuple[float, str]] = []  # as likely as one another, but for the rounding
    least = 0.0
    while waiting:
        less, end, read, chance, shares = heappop(waiting)
        if alike and -less < least:
            yield from sorted(alike, reverse=True) if len(alike) > 1 else alike
            alike = []
        if end:
            for at, told in words[end]:
                before = best[at] * chance
                for reading, share in told:
                    heappush(waiting, (-before * share, at, reading + read, chance * share, (share, shares)))
        elif less and read not in seen:
            seen.add(read)
            alike.append((_product(shares), read))
            least = -less * _ROUNDED
    yield from sorted(alike, reverse=True)


def _product(shares: Any) -> float:
    """Of the words from the first to the last."""
    chance = 1.0
    while shares is not None:
        share, shares = shares
        chance *= share
    return chance


def _words_by_end(text: str) -> tuple[list[list[tuple[int, Told]]], list[float]]:
    """For each place in the text the words that end there and where they begin, and how likely it is read so far at best."""
    known, longest, length = _known(), _longest_by_first(), len(text)
    words: list[list[tuple[int, Told]]] = [[] for _ in range(length + 1)]
    best = [0.0] * (length + 1)
    best[0] = 1.0
    for at, first in enumerate(text):
        so_far = best[at]
        if not so_far:
            continue
        if first in longest:
            for end in range(at + 1, min(at + longest[first], length) + 1):
                if told := known.get(text[at:end]):
                    words[end].append((at, told))
                    if (chance := so_far * told[0][1]) > best[end]:
                        best[end] = chance
        if alone := _alone(text, at):
            words[at + 1].append((at, alone))
            best[at + 1] = max(best[at + 1], so_far * alone[0][1])
    return words, best


def _alone(text: str, at: int) -> Told:
    """How a character is read that is a word by itself: kana, a letter, a digit, 々 as the one before it."""
    character = text[at]
    if character in _SPOKEN_ALONE:
        return ((spoken, 1.0),) if (spoken := _spoken(character)) else ()
    return _known().get(text[at - 1], ()) if at and character == "々" else ()


@cache
def _longest_by_first() -> dict[str, int]:
    """Of each character that words begin with, the length of the longest one; none begins with what is spoken alone."""
    longest: dict[str, int] = {}
    for word in _known():
        if word[0] not in _SPOKEN_ALONE:
            longest[word[0]] = min(_LONGEST_WORD, max(len(word), longest.get(word[0], 0)))
    return longest


def grown_whole(text: str) -> list[tuple[float, str]]:
    """The readings of a name of any length."""
    # The shorter beginnings first, so that none has to go back further than a word.
    for end in range(1, len(text)):
        _read_beginning(text[:end])
    return _grown(text)


@lru_cache(maxsize=8192)
def _read_beginning(text: str) -> list[tuple[float, str]]:
    """Many names begin alike; what follows changes nothing about how the beginning may be read."""
    return _grown(text)


def _grown(text: str) -> list[tuple[float, str]]:
    """The likeliest readings of the text: those of all that comes before its last word, and that word's."""
    best: dict[str, float] = {}
    for at, told in _last_words(text):
        before = _read_beginning(text[:at]) if at else _NOTHING_READ
        for reading, share in told:
            for chance, so_far in before:
                chance *= share
                whole = so_far + reading
                if chance > best.get(whole, 0):
                    best[whole] = chance
    return sorted(zip(best.values(), best, strict=True), reverse=True)[:_BEAM]


_NOTHING_READ = [(1.0, "")]


def _last_words(text: str) -> Iterator[tuple[int, Told]]:
    """What the text may end in: where it begins, and how it is read with which share."""
    known, last = _known(), len(text) - 1
    for at in range(max(0, last + 1 - _LONGEST_WORD), last + 1):
        if text[at] not in _SPOKEN_ALONE:
            if (told := known.get(text[at:])) is not None:
                yield at, told
        elif at == last and (spoken := _spoken(text[at])):
            yield at, ((spoken, 1.0),)
    if last > 0 and text[last] == "々":
        yield last, known.get(text[last - 1], ())


def _spoken(character: str) -> str:
    """Kana and letters are a word each, and begin none."""
    return character if _KANA.match(character) else sounds.LETTERS.get(character, _DIGITS.get(character, ""))


# Names whose characters are read in no other word so.
_IRREGULAR = """
長谷川:ハセガワ 長谷部:ハセベ 服部:ハットリ 渡辺:ワタナベ 渡部:ワタナベ,ワタベ 東海林:ショウジ 五十嵐:イガラシ 佐々木:ササキ 久保田:クボタ 小山:コヤマ,オヤマ 小林:コバヤシ 小川:オガワ 小野:オノ 小野寺:オノデラ 大谷:オオタニ,オオヤ 大和:ヤマト,ダイワ
大和田:オオワダ 三枝:サエグサ 三浦:ミウラ 三宅:ミヤケ 三谷:ミタニ 上田:ウエダ 上野:ウエノ 神田:カンダ 神谷:カミヤ 神戸:コウベ 神野:ジンノ,カンノ 菅原:スガワラ 菅野:カンノ,スガノ 菅:スガ 新井:アライ 新田:ニッタ 新谷:シンタニ,アラヤ 荒井:アライ 荒木:アラキ
東:ヒガシ,アズマ,トウ 東雲:シノノメ 東郷:トウゴウ 春日:カスガ 春日井:カスガイ 日下:クサカ 日下部:クサカベ 日比野:ヒビノ 日向:ヒュウガ 日野:ヒノ 日立:ヒタチ 飛騨:ヒダ 飛鳥:アスカ 明日香:アスカ 百瀬:モモセ 西東:サイトウ 斎藤:サイトウ 伊達:ダテ 伊勢:イセ 伊藤:イトウ
和泉:イズミ 和田:ワダ 服:ハットリ 信濃:シナノ 武蔵:ムサシ 武蔵野:ムサシノ 相模:サガミ 常陸:ヒタチ 常盤:トキワ 常磐:ジョウバン,トキワ 播磨:ハリマ 但馬:タジマ 近江:オウミ 遠州:エンシュウ 駿河:スルガ 美濃:ミノ 尾張:オワリ 三河:ミカワ 摂津:セッツ 河内:カワチ,コウチ 薩摩:サツマ 日田:ヒタ 青嶺:アオミネ
青山:アオヤマ 青木:アオキ 丹波:タンバ 丹羽:ニワ 七尾:ナナオ 八木:ヤギ 八王子:ハチオウジ 八幡:ヤワタ,ハチマン 五島:ゴトウ 後藤:ゴトウ 江藤:エトウ 工藤:クドウ 安達:アダチ 足立:アダチ 安倍:アベ 阿部:アベ 安部:アベ 阿久津:アクツ 米田:ヨネダ 米山:ヨネヤマ 米沢:ヨネザワ 熊谷:クマガイ,クマガヤ
越後:エチゴ 越前:エチゼン 能登:ノト 加賀:カガ 出雲:イズモ 因幡:イナバ 伯耆:ホウキ 備前:ビゼン 備中:ビッチュウ 安芸:アキ 周防:スオウ 長門:ナガト 阿波:アワ 讃岐:サヌキ 伊予:イヨ 土佐:トサ 筑前:チクゼン 筑後:チクゴ 豊前:ブゼン 豊後:ブンゴ 肥前:ヒゼン 肥後:ヒゴ 琉球:リュウキュウ
日乃出:ヒノデ 日の出:ヒノデ 若葉:ワカバ 紅葉:モミジ,コウヨウ 千歳:チトセ 高砂:タカサゴ 瑞穂:ミズホ 大阪:オオサカ 埼玉:サイタマ 茨城:イバラキ 岐阜:ギフ 滋賀:シガ 愛媛:エヒメ 鹿児島:カゴシマ 沖縄:オキナワ 鳥取:トットリ 神奈川:カナガワ 和歌山:ワカヤマ 東京:トウキョウ 京都:キョウト 銀座:ギンザ 浅草:アサクサ
林:ハヤシ 森:モリ 原:ハラ 南:ミナミ 北:キタ 西:ニシ 堀:ホリ 岸:キシ 辻:ツジ 畑:ハタ,ハタケ 柳:ヤナギ 桂:カツラ 楠:クスノキ 榊:サカキ 星:ホシ 泉:イズミ 関:セキ 谷:タニ 橘:タチバナ 光:ヒカリ 誠:マコト 丸:マル 角:カド,スミ 旭:アサヒ 暁:アカツキ 昴:スバル 雅:ミヤビ 匠:タクミ 巧:タクミ 輝:カガヤキ 絆:キズナ 翼:ツバサ 空:ソラ 縁:エニシ 葵:アオイ 楓:カエデ 椿:ツバキ
"""
_DIGITS = dict(
    zip(
        "0123456789",
        ["ゼロ", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュウ"],
        strict=True,
    )
)


@cache
def _known() -> dict[str, list[tuple[str, float]]]:
    """Word → its readings, each with its share and with what a word costs; the most frequent first."""
    known: dict[str, list[tuple[str, float]]] = {}
    for line in _SOURCE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            word, told = line.split(" ")
            known[word] = [(reading, int(percent) / 100) for reading, percent in _ENTRY.findall(told)]
    for word, readings in words.READINGS.items():
        if word.isascii() or _KANA.match(word):
            continue
        there = {reading for reading, _ in known.get(word, ())}
        known.setdefault(word, []).extend((reading, 0.8) for reading in readings if reading not in there)
    for entry in _IRREGULAR.split():
        word, _, told = entry.partition(":")
        mine = told.split(",")
        others = [(reading, share) for reading, share in known.get(word, ()) if reading not in mine]
        known[word] = [*((reading, 0.9) for reading in mine), *others]
    return {
        word: sorted(((reading, share * _STEP) for reading, share in told), key=itemgetter(1), reverse=True)
        for word, told in known.items()
    }
